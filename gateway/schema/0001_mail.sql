-- 0001: bodies, inbox, outbox. The roles exist before (relais init creates them, docs/operators.md for a server of yours).
--
-- Processes own no table. Each may execute the functions granted to it at the end of 0003 and nothing else.
-- A function refuses by SQLSTATE RL001 with a reason code (base/reason_list.h) as its message.

create sequence session_number;

-- A claimer's number. It holds an advisory lock for as long as its connection lives: what a dead one had claimed is free.
create function session_start() returns bigint
language plpgsql security definer set search_path = relais, pg_temp as $$
declare n bigint := nextval('session_number');
begin
  perform pg_advisory_lock(4711, n::integer);
  return n;
end $$;

-- The claim of a session that is gone, or of nobody, is free; one's own is not. Asked of the rows that are claimed, not of every lock there is.
create function session_over(session bigint, own bigint) returns boolean language sql as $$
  select session is null or (session <> own and pg_try_advisory_xact_lock_shared(4711, session::integer))
$$;

-- Wakes those who wait on a channel, and does nothing while nobody waits: PostgreSQL lets transactions that NOTIFY commit only one after the
-- other, each with its own sync of the disk. Who goes to wait (doze) first says so (lock 4715), then lets the transactions end that may not
-- have known it (lock 4714), and then looks once more: what it does not see by then will be told.
create function tell(channel text) returns void language plpgsql as $$
declare k integer := hashtext(channel);
begin
  if pg_try_advisory_xact_lock_shared(4714, k) and pg_try_advisory_lock(4715, k) then
    perform pg_advisory_unlock(4715, k);
  else
    perform pg_notify(channel, '');
  end if;
end $$;

create function doze(channels text[]) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
declare c text;
begin
  foreach c in array channels loop
    perform pg_advisory_lock_shared(4715, hashtext(c));
  end loop;
  foreach c in array channels loop
    perform pg_advisory_lock(4714, hashtext(c));
    perform pg_advisory_unlock(4714, hashtext(c));
  end loop;
end $$;

create function awake(channels text[]) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
declare c text;
begin
  foreach c in array channels loop
    perform pg_advisory_unlock_shared(4715, hashtext(c));
  end loop;
end $$;

create function refuse(code text) returns void language plpgsql as $$
begin
  raise exception using errcode = 'RL001', message = code;
end $$;

-- ---------------------------------------------------------------- the clock of the dossiers' life
-- A rehearsal: a database whose clock a person moves forward, so that the weeks of a dossier pass in minutes. It is one from the moment its
-- tables are made (relais init --rehearsal) or never: the row is written here, and nobody adds, takes away or turns back, whatever his role.
create table rehearsal (
  one      boolean primary key default true check (one),
  made_at  timestamptz not null default now(),
  -- By how much the dossiers live before the real clock. Whole seconds, as signatures tell time: what followed still follows.
  ahead    bigint not null default 0 check (ahead >= 0)
);
insert into rehearsal (one) select true where current_setting('relais.rehearsal', true) = 'yes';

create function rehearsal_guard() returns trigger language plpgsql set search_path = relais, pg_temp as $$
begin
  if tg_op <> 'UPDATE' then perform refuse('clock.real'); end if;
  if new.ahead < old.ahead or new.one <> old.one or new.made_at <> old.made_at then perform refuse('clock.back'); end if;
  return new;
end $$;
create trigger rehearsal_made before insert or delete or truncate on rehearsal for each statement execute function rehearsal_guard();
create trigger rehearsal_forward before update on rehearsal for each row execute function rehearsal_guard();

-- The instant at which dossiers live: of their events, of what is due in them, of what their people are told. Mail on its way, TLS,
-- certificates, revocation, alarms, imports and the times of rows (now()) keep the real clock: no server, authority or operator outside
-- lives in our rehearsal. In a condition on a column write (select instant()): it is asked once, and an index serves.
create function instant() returns timestamptz
language sql security definer set search_path = relais, pg_temp as $$
  select clock_timestamp() + coalesce((select r.ahead from rehearsal r), 0) * interval '1 second'
$$;

-- The same for who decides, first in his transaction: in a rehearsal the clock stands still for others until it ends, so that no event is
-- written behind a later one. ahead: seconds, of what comes from outside and becomes a fact of the dossier.
create function clock_read(out instant timestamptz, out ahead bigint)
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  if exists (select from rehearsal) then perform pg_advisory_xact_lock_shared(4718, 0); end if;
  select clock_timestamp() + coalesce(max(r.ahead), 0) * interval '1 second', coalesce(max(r.ahead), 0)
    into clock_read.instant, clock_read.ahead from rehearsal r;
end $$;

create function clock_state() returns table (rehearsal boolean, instant timestamptz, ahead_seconds bigint, made_at timestamptz)
language sql security definer set search_path = relais, pg_temp as $$
  select r.one is not null, instant(), coalesce(r.ahead, 0), r.made_at from (values (1)) v left join rehearsal r on true
$$;

-- Once it has moved every worker looks for what fell due.
create function clock_move(span bigint) returns timestamptz language plpgsql as $$
begin
  if not exists (select from rehearsal) then perform refuse('clock.real'); end if;
  if clock_move.span is null or clock_move.span < 0 then perform refuse('clock.back'); end if;
  if clock_move.span > (select 10950 * 86400 - r.ahead from rehearsal r) then perform refuse('clock.far'); end if;
  update rehearsal r set ahead = r.ahead + clock_move.span;
  perform tell('inbox');
  return instant();
end $$;
create function clock_forward(span bigint) returns timestamptz
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  perform pg_advisory_xact_lock(4718, 0);
  return clock_move(clock_forward.span);
end $$;
create function clock_until(at timestamptz) returns timestamptz
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  perform pg_advisory_xact_lock(4718, 0);
  return clock_move(ceil(extract(epoch from clock_until.at - instant()))::bigint);
end $$;

-- ---------------------------------------------------------------- bodies
-- Bytes exactly as they came or as they were composed, sealed: each body under a key of its own (certs/body_seal.h). That key stands here sealed
-- in its turn: to the keeper's public key of the day of intake, and once it is known where the body belongs under the key of its dossier. Neither
-- the keeper's private halves nor a dossier's key is ever in the database.
create table body (
  id     bigint generated always as identity primary key,
  size   bigint not null check (size >= 0),              -- of the plain bytes
  digest bytea not null check (length(digest) = 32),     -- SHA-256 of the plain bytes
  sealed_key bytea not null, key_name text not null,
  check (case when key_name like 'intake:%' then length(sealed_key) = 80 when key_name like 'dossier:%' or key_name like 'apart:%' then length(sealed_key) = 60 else false end)
);
create index body_intake on body (id) where key_name like 'intake:%';
create index body_home on body (key_name) where key_name not like 'intake:%';

-- The keeper's public keys of intake. ended_at: another took its place; what was sealed before then is still on its way in for a while. left_at: a body went
-- from under it (to the minute); a backup of before has it there. The keeper writes a row before it gives a key out, and destroys the private half only long
-- after nobody may use it here any more and the last body left it.
create table keeper_intake (
  n        bigint primary key,
  made_at  timestamptz not null default now(), ended_at timestamptz, left_at timestamptz, destroyed_at timestamptz
);
-- The days whose key was used for what belongs to no dossier: it is destroyed when nothing is left under it.
create table keeper_day (day date primary key, destroyed_at timestamptz);
-- The keeper lives, and how many keys it has destroyed for good.
create table keeper_state (one boolean primary key default true check (one), seen_at timestamptz not null, destroyed bigint not null);

create table body_chunk (
  body   bigint not null references body on delete cascade,
  number integer not null,                               -- 0, 1, …: of 256 KiB each but the last, sealed: 16 bytes more
  data   bytea not null,
  digest bytea not null,                                 -- SHA-256 of data: what is altered is found without a key
  primary key (body, number)
);
alter table body_chunk alter column data set storage external;   -- what is sealed does not compress

create function body_make(size bigint, digest bytea, sealed_key bytea, key_name text, first_chunk bytea) returns bigint language plpgsql as $$
declare b bigint;
begin
  if not exists (select from keeper_intake k where 'intake:' || k.n = body_make.key_name and (k.ended_at is null or k.ended_at > now() - interval '1 hour')) then
    perform refuse('keeper.key');
  end if;
  insert into body (size, digest, sealed_key, key_name) values (body_make.size, body_make.digest, body_make.sealed_key, body_make.key_name) returning id into b;
  insert into body_chunk values (b, 0, first_chunk, sha256(first_chunk));
  return b;
end $$;

-- Number and size of its rows; deep: every byte against their digests, too. The rows are of 256 KiB but the last, and 16 bytes.
create function body_check(body bigint, deep boolean) returns boolean
language sql stable security definer set search_path = relais, pg_temp as $$
  select b.size + 16 * c.n = c.size and c.n = greatest(1, (b.size + 262143) / 262144)
     and case when deep then not exists (select from body_chunk k where k.body = b.id and k.digest <> sha256(k.data)) else true end
    from body b, lateral (select count(*) as n, coalesce(sum(length(k.data)), 0) as size from body_chunk k where k.body = b.id) c
   where b.id = body_check.body
$$;

-- How many rows were ever written of what nothing else speaks of: reconcile counts these against it.
create table tally (what text primary key, n bigint not null);
create function tally_one(what text) returns void
language sql security definer set search_path = relais, pg_temp as $$
  insert into tally values (tally_one.what, 1) on conflict on constraint tally_pkey do update set n = tally.n + 1
$$;

-- ---------------------------------------------------------------- alarms: what wants a person, as long as it does
create table alarm (
  name text primary key,         -- gateway/alarm_list.h
  severity text not null check (severity in ('warning', 'critical')),
  since timestamptz not null default now(), seen_at timestamptz not null default now(),
  detail jsonb not null default '{}',
  -- The operator's mails about it (gateway/alarm_mail.h): instants of instant(). One that he was told of stays until he was told that it is over.
  mailed_at timestamptz, mailed_days integer, mails integer not null default 0, cleared_at timestamptz
);
-- True when it is new or its severity has changed.
create function alarm_raise(name text, severity text, detail jsonb) returns boolean
language plpgsql security definer set search_path = relais, pg_temp as $$
declare before text;
begin
  select case when a.cleared_at is null then a.severity end into before from alarm a where a.name = alarm_raise.name for update;
  insert into alarm (name, severity, detail) values (alarm_raise.name, alarm_raise.severity, coalesce(alarm_raise.detail, '{}'))
    on conflict on constraint alarm_pkey do update set severity = excluded.severity, seen_at = now(), detail = excluded.detail, cleared_at = null;
  return before is distinct from alarm_raise.severity;
end $$;
-- True when it was open.
create function alarm_clear(name text) returns boolean
language plpgsql security definer set search_path = relais, pg_temp as $$
declare was boolean := exists (select from alarm a where a.name = alarm_clear.name and a.cleared_at is null);
begin
  delete from alarm a where a.name = alarm_clear.name and a.mailed_at is null;
  update alarm a set cleared_at = instant() where a.name = alarm_clear.name and a.cleared_at is null;
  if was and alarm_clear.name = 'crl.stale' then perform held_unproven(); end if;
  return was;
end $$;
create function alarm_list() returns table (name text, severity text, since timestamptz, seen_at timestamptz, detail jsonb)
language sql stable security definer set search_path = relais, pg_temp as $$
  select a.name, a.severity, a.since, a.seen_at, a.detail from alarm a where a.cleared_at is null order by a.severity, a.since, a.name
$$;
create function alarm_mails() returns table (name text, severity text, since timestamptz, detail jsonb, mailed_at timestamptz, mailed_days integer, mails integer, cleared_at timestamptz)
language sql security definer set search_path = relais, pg_temp as $$
  select a.name, a.severity, a.since, a.detail, a.mailed_at, a.mailed_days, a.mails, a.cleared_at from alarm a order by a.name for update
$$;
create function alarm_mailed(name text, at timestamptz, days integer) returns void
language sql security definer set search_path = relais, pg_temp as $$
  update alarm a set mailed_at = alarm_mailed.at, mailed_days = alarm_mailed.days, mails = a.mails + 1 where a.name = alarm_mailed.name
$$;
create function alarm_over(name text) returns void
language sql security definer set search_path = relais, pg_temp as $$
  delete from alarm a where a.name = alarm_over.name and a.cleared_at is not null
$$;

-- The pause of what waits for somebody who is away, each time longer: a second to a minute. What waits long costs nearly nothing.
create function wait_after(waits integer) returns interval
language sql immutable as $$
  select make_interval(secs => least(60, power(2, least(wait_after.waits, 6))))
$$;

-- The virus scanner as a worker sees it.
create function antivirus_state(away boolean) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  if antivirus_state.away then
    perform alarm_raise('antivirus.away', 'critical', '{}');
  elsif exists (select from alarm a where a.name = 'antivirus.away' and a.cleared_at is null) then
    perform alarm_clear('antivirus.away');
  end if;
end $$;

-- The opener of encrypted mail, likewise.
create function opener_state(away boolean) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  if opener_state.away then
    perform alarm_raise('opener.away', 'critical', '{}');
  elsif exists (select from alarm a where a.name = 'opener.away' and a.cleared_at is null) then
    perform alarm_clear('opener.away');
  end if;
end $$;

-- ---------------------------------------------------------------- what verdicts rested on
-- Certificates and revocation lists, each once, under the digest by which a verdict names it: inbox.facts->'signature'->'material' (what the
-- message itself does not hold) and inbox.params->'tls'->'path'. Rows are only added.
create table trust_material (
  digest     bytea primary key check (length(digest) = 32),   -- SHA-256 of der
  kind       text not null check (kind in ('certificate', 'crl')),
  der        bytea not null,
  first_seen timestamptz not null default now()
);

create function material_missing(digests text[]) returns setof text
language sql stable security definer set search_path = relais, pg_temp as $$
  select d from unnest(material_missing.digests) d where not exists (select from trust_material m where m.digest = decode(d, 'hex'))
$$;

-- The digest is ours, so that nobody puts a thing under another's name.
create function material_keep(kind text, der bytea) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
declare d bytea := sha256(material_keep.der);
begin
  if exists (select from trust_material m where m.digest = d) then return; end if;
  -- One at a time: two that keep the same pieces in another order would wait for each other.
  perform pg_advisory_xact_lock(4717);
  insert into trust_material (digest, kind, der) values (d, material_keep.kind, material_keep.der) on conflict do nothing;
  if found then perform tally_one('trust_material'); end if;
end $$;

-- What a message's verdicts name. A name that is none stays an empty one, which nothing has.
create function material_named(facts jsonb, params jsonb) returns setof bytea language sql immutable set search_path = relais, pg_temp as $$
  select distinct case when x ~ '^[0-9a-f]{64}$' then decode(x, 'hex') else ''::bytea end
    from (values (facts #> '{signature,material}'), (params #> '{tls,path}')) v (list),
         jsonb_array_elements_text(case jsonb_typeof(v.list) when 'array' then v.list else '[]' end) x
$$;

-- ---------------------------------------------------------------- who may speak
-- Each list that was in force, and what it changed. The pairs of list n are those of trust_peer and trust_past with since <= n and (trust_past)
-- until > n: years later it can be said whether the certificate of a message was in the list of its day.
create table trust_import (
  id           bigint generated always as identity primary key,
  at           timestamptz not null default now(),
  confirmed_at timestamptz not null default now(),     -- the same bytes were brought again since: it is no older than this
  source text not null, actor text not null,
  digest       bytea not null check (length(digest) = 32),   -- SHA-256 of the file
  generated_at timestamptz not null,                   -- DateDeGeneration
  entries integer not null, unread integer not null,   -- of the file; those that could not be read
  pairs integer not null, domains integer not null,    -- in force with it
  added integer not null, removed integer not null,    -- pairs
  forced boolean not null
);
create table trust_peer (
  domain    text not null,       -- lower case
  name      text not null,       -- canonical name of the certificate's subject (certs/name.h)
  shown     text not null,       -- the name as the list writes it
  operator  text not null,       -- its O
  since     bigint not null references trust_import,
  listed_at timestamptz not null default now(),
  primary key (domain, name)
);
create index trust_peer_name on trust_peer (name);
create table trust_past (
  domain text not null, name text not null, shown text not null, operator text not null,
  since bigint not null references trust_import, until bigint not null references trust_import,
  listed_at timestamptz not null, ended_at timestamptz not null default now(),
  primary key (domain, name, until)
);
create index trust_past_name on trust_past (name);

create function intake_sender(peer_name text, domain text) returns boolean
language plpgsql stable security definer set search_path = relais, pg_temp as $$
begin
  return case when intake_sender.domain = ''
    then exists (select from trust_peer p where p.name = peer_name)
    else exists (select from trust_peer p where p.name = peer_name and p.domain = lower(intake_sender.domain)) end;
end $$;

-- ---------------------------------------------------------------- inbox
create table inbox (
  id          bigint generated always as identity primary key,
  body        bigint not null references body,
  source      text not null check (source in ('smtp', 'submission', 'imap')),
  account     text,                                      -- submission: the mailbox of ours that was authenticated
  mailbox     text, uidvalidity bigint, uid bigint, uid_digest bytea,   -- imap: fetched once; the body's digest, because servers reuse UIDs
  peer_name   text, peer_address text, helo text,
  mail_from   text not null,
  recipients  text[] not null,
  params      jsonb not null default '{}',
  trust       bigint references trust_import,            -- smtp: the white list that vouched for the peer
  received_at timestamptz not null,
  complete    boolean not null,
  state       text not null default 'received' check (state in ('received', 'claimed', 'done')),
  tries       integer not null default 0,
  waits       integer not null default 0,                -- for somebody whom we ask and who was away (wait_after)
  session     bigint,
  not_before  timestamptz not null default '-infinity',
  -- what was found and decided
  message_id  text, from_address text, entity_digest text, class text,
  facts       jsonb,
  outcome     text check (outcome in ('filed', 'applied', 'refused', 'held', 'duplicate', 'ignored')),
  reason      text, owner text, rule text,
  dossier     bigint,
  decided_at  timestamptz,
  erased      bigint,                                    -- number of the erasure that took its content (0003): the row stays as evidence
  held_at     timestamptz, held_told integer not null default 0,   -- kept apart since (instant()), and who was told of it: its owner, the manager
  unique (mailbox, uidvalidity, uid, uid_digest),
  check ((source = 'submission') = (account is not null)),
  check ((state = 'done') = (outcome is not null)),
  check (outcome is distinct from 'held' or owner is not null)
);
create index inbox_open on inbox (id) where state <> 'done';
create index inbox_tried on inbox (id) where state <> 'done' and tries > 0;
create index inbox_day on inbox (received_at);
create index inbox_held on inbox (id) where outcome = 'held';
create index inbox_message on inbox (message_id) where message_id is not null;
create index inbox_dossier on inbox (dossier) where dossier is not null;
create unique index inbox_body on inbox (body);
-- Messages that no dossier has: in their order, and by whom they are from, for or about (apart_of_patient).
create index inbox_apart on inbox (id) where dossier is null and erased is null;
-- The addresses that stand in a message and in what was found in it, whole, what is before their @, and what may be a person's national number; in lower case.
-- In one pass: the words are a stranger's, as many as he likes.
create function message_names(mail_from text, from_address text, recipients text[], facts jsonb) returns text[] language sql immutable parallel safe cost 10000 as $$
  select array(select distinct n.name
    from (select mail_from union all select from_address union all select unnest(recipients)
          union all select x #>> '{}' from jsonb_path_query(facts, 'strict $.** ? (@.type() == "string")') x) t (text)
         cross join lateral regexp_split_to_table(lower(t.text), '[][[:space:]<>"(),;:\\]+') v
         cross join lateral (values (rtrim(v, '.'), split_part(rtrim(v, '.'), '^', 1))) w (word, field)
         cross join lateral unnest(case
           when strpos(w.word, '@') > 1 and length(w.word) <= 320 then array[w.word, split_part(w.word, '@', 1)]
           when length(w.field) between 13 and 15 and translate(w.field, '0123456789ab', '') = '' then array[w.field] end) n (name)
   where strpos(t.text, '@') > 0 or t.text ~ '[0-9]{5}')
$$;
create index inbox_names on inbox using gin (message_names(mail_from, from_address, recipients, facts)) with (fastupdate = off) where dossier is null and erased is null;
create index inbox_erased on inbox (erased) where erased is not null;

-- account: '' is mail of an operator.
create function intake_message(account text, peer_name text, peer_address text, helo text, mail_from text, recipients text[],
  params jsonb, received_at timestamptz, size bigint, digest bytea, sealed_key bytea, key_name text, first_chunk bytea) returns bigint
language plpgsql security definer set search_path = relais, pg_temp as $$
declare b bigint; i bigint;
begin
  b := body_make(intake_message.size, intake_message.digest, intake_message.sealed_key, intake_message.key_name, first_chunk);
  insert into inbox (body, source, account, peer_name, peer_address, helo, mail_from, recipients, params, trust, received_at, complete)
    values (b, case intake_message.account when '' then 'smtp' else 'submission' end, nullif(intake_message.account, ''), intake_message.peer_name, intake_message.peer_address, intake_message.helo,
            intake_message.mail_from, intake_message.recipients, intake_message.params,
            case intake_message.account when '' then (select max(t.id) from trust_import t) end, intake_message.received_at,
            intake_message.size + 16 = length(first_chunk)) returning id into i;
  if intake_message.size + 16 = length(first_chunk) then perform tell('inbox'); end if;
  return i;
end $$;

create function intake_chunk(inbox bigint, number integer, data bytea) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  insert into body_chunk select i.body, intake_chunk.number, intake_chunk.data, sha256(intake_chunk.data)
    from inbox i where i.id = intake_chunk.inbox and not i.complete;
  if not found then perform refuse('store.refused'); end if;
end $$;

create function intake_done(inbox bigint) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  update inbox i set complete = true where i.id = intake_done.inbox and not i.complete and body_check(i.body, false);
  if not found then perform refuse('store.refused'); end if;
  perform tell('inbox');
end $$;

-- ---------------------------------------------------------------- mailboxes fetched by IMAP
-- uid: the last that was taken. uidnext and modseq (RFC 7162) are of the last look that left nothing behind; 0: not told. until: rows of the
-- inbox up to this one were taken before the server began to count its UIDs again under the same UIDVALIDITY.
create table collect_cursor (
  mailbox text primary key, uidvalidity bigint not null, uid bigint not null,
  uidnext bigint not null default 0, modseq bigint not null default 0, until bigint not null default 0
);
create table collect_skip (
  mailbox text not null, uidvalidity bigint not null, uid bigint not null, size bigint not null,
  at timestamptz not null default now(), primary key (mailbox, uidvalidity, uid)
);

create function collect_cursor(mailbox text, out uidvalidity bigint, out uid bigint, out uidnext bigint, out modseq bigint)
language sql stable security definer set search_path = relais, pg_temp as $$
  select c.uidvalidity, c.uid, c.uidnext, c.modseq from collect_cursor c where c.mailbox = collect_cursor.mailbox
$$;

-- Under another UIDVALIDITY everything begins anew.
create function collect_move(mailbox text, uidvalidity bigint, uid bigint) returns void
language sql security definer set search_path = relais, pg_temp as $$
  insert into collect_cursor (mailbox, uidvalidity, uid) values (mailbox, uidvalidity, uid)
  on conflict on constraint collect_cursor_pkey do update set
    uid = case when collect_cursor.uidvalidity = excluded.uidvalidity
               then greatest(collect_cursor.uid, excluded.uid) else excluded.uid end,
    uidnext = case when collect_cursor.uidvalidity = excluded.uidvalidity then collect_cursor.uidnext else 0 end,
    modseq = case when collect_cursor.uidvalidity = excluded.uidvalidity then collect_cursor.modseq else 0 end,
    until = case when collect_cursor.uidvalidity = excluded.uidvalidity then collect_cursor.until else 0 end,
    uidvalidity = excluded.uidvalidity
$$;

-- All that was there when the server told these numbers has been taken.
-- Mailboxes that cannot be looked into now. Somebody must know when it lasts: one failure may be a server that starts anew.
create table collect_trouble (
  mailbox text primary key, since timestamptz not null default now(), seen_at timestamptz not null default now(), reason text not null
);

-- How a session began or ended: 'none' when the mailbox was looked into.
create function collect_state(mailbox text, reason text) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
declare troubled jsonb;
begin
  if collect_state.reason = 'none' then
    delete from collect_trouble t where t.mailbox = collect_state.mailbox;
  else
    insert into collect_trouble (mailbox, reason) values (collect_state.mailbox, collect_state.reason)
      on conflict on constraint collect_trouble_pkey do update set reason = excluded.reason, seen_at = now();
  end if;
  delete from collect_trouble t where t.seen_at < now() - interval '1 day';   -- it is not collected any more
  select jsonb_object_agg(t.mailbox, t.reason) into troubled from collect_trouble t where t.since < now() - interval '10 minutes';
  if troubled is not null then
    perform alarm_raise('collect.failed', 'critical', troubled);
  elsif exists (select from alarm a where a.name = 'collect.failed') then
    perform alarm_clear('collect.failed');
  end if;
end $$;

create function collect_looked(mailbox text, uidvalidity bigint, uidnext bigint, modseq bigint) returns void
language sql security definer set search_path = relais, pg_temp as $$
  select collect_move(mailbox, uidvalidity, 0);
  update collect_cursor c set uidnext = collect_looked.uidnext, modseq = collect_looked.modseq where c.mailbox = collect_looked.mailbox
$$;

-- The server gives UIDs that are taken already to other messages (RFC 9051 2.3.1.1 forbids it): all are looked at again.
create function collect_again(mailbox text) returns void
language sql security definer set search_path = relais, pg_temp as $$
  update collect_cursor c set uid = 0, uidnext = 0, modseq = 0, until = (select coalesce(max(i.id), 0) from inbox i)
   where c.mailbox = collect_again.mailbox
$$;

-- 0 when it is already here: the cursor moves all the same. Mail that was fetched names no envelope.
create function collect_message(mailbox text, uidvalidity bigint, uid bigint, received_at timestamptz, size bigint,
  digest bytea, sealed_key bytea, key_name text, first_chunk bytea) returns bigint
language plpgsql security definer set search_path = relais, pg_temp as $$
declare b bigint; i bigint;
begin
  perform collect_move(collect_message.mailbox, collect_message.uidvalidity, collect_message.uid);
  if exists (select from inbox n where n.mailbox = collect_message.mailbox
             and n.uidvalidity = collect_message.uidvalidity and n.uid = collect_message.uid and n.uid_digest = collect_message.digest) then
    return 0;
  end if;
  b := body_make(collect_message.size, collect_message.digest, collect_message.sealed_key, collect_message.key_name, first_chunk);
  insert into inbox (body, source, mailbox, uidvalidity, uid, uid_digest, mail_from, recipients, received_at, complete)
    values (b, 'imap', collect_message.mailbox, collect_message.uidvalidity, collect_message.uid, collect_message.digest, '', '{}',
            collect_message.received_at, collect_message.size + 16 = length(first_chunk)) returning id into i;
  if collect_message.size + 16 = length(first_chunk) then perform tell('inbox'); end if;
  return i;
end $$;

create function collect_skipped(mailbox text, uidvalidity bigint, uid bigint, size bigint) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  perform collect_move(collect_skipped.mailbox, collect_skipped.uidvalidity, collect_skipped.uid);
  insert into collect_skip values (collect_skipped.mailbox, collect_skipped.uidvalidity, collect_skipped.uid, collect_skipped.size)
    on conflict do nothing;
  if found then perform tally_one('collect_skip'); end if;
end $$;

-- ---------------------------------------------------------------- outbox: one row, one recipient, one mail
create table outbox (
  id            bigint generated always as identity primary key,
  effect        text not null unique,        -- what decided it: the same decision never makes a second mail
  dossier       bigint, event bigint,        -- the event behind it; null for a notice to a sender without a dossier, and for a service mail
  inbox         bigint references inbox,     -- the message that led to it; of a service mail (to our own people, experts, partners) null too
  code          text not null,               -- M01…
  party         text not null,
  recipient     text not null,
  channel       text not null default 'mail' check (channel in ('mail', 'paper')),   -- paper: a letter, and the recipient prints it
  domain        text not null,
  return_path   text not null,               -- '' of a report
  form          text not null default 'signed' check (form in ('signed', 'report')),   -- a report is no multipart/signed, and has no seal
  message_id    text not null unique,
  envelope_id   text not null unique,        -- ENVID: unguessable, so that a report cannot be forged
  rule          text not null,
  request       jsonb not null,              -- what compose is asked for, without attachments
  attach        jsonb not null default '{}',
  created_at    timestamptz not null,        -- by the real clock, as all that tells of a mail under way
  state         text not null default 'decided'
                check (state in ('decided', 'composed', 'sealed', 'sending', 'accepted', 'failed', 'cancelled')),
  session       bigint, tries integer not null default 0, waits integer not null default 0,   -- waits: as of the inbox
  next_at       timestamptz not null default '-infinity',
  head          bytea, entity bigint references body,
  seal          bytea, sent_digest bytea, fingerprint text,
  encrypted     text check (encrypted in ('authenticated', 'enveloped')),   -- it leaves as outbox_envelope has it; null: as head, entity and seal
  sealed_digest bytea, envelope_size bigint,     -- of an encrypted mail: of the signed mail that is inside; of the object
  sealed_to     bytea,                           -- of an encrypted mail: SHA-256 of the certificate; it names the recipient, and goes with an erasure
  clear_why     text,                            -- of one in clear whose recipient's rule is "held": why
  composed_at timestamptz, sealed_at timestamptz, ended_at timestamptz,
  reason text, reply_code integer, enhanced text, reply_text text, host text, tls jsonb, queue_id text,
  proof         integer not null default 0,  -- 0 queued, 1 left, 2 accepted, 3 delivered, 4 read, 5 answered
  told          boolean not null default false,  -- the dossier knows the outcome
  warned_at     timestamptz,                     -- when it was told that this mail is late
  warn_after    timestamptz not null default '-infinity',
  stop          text,                            -- why it may leave no more; in a session now, it ends with that
  -- What the identity shield and the virus scanner said before it was composed (work_shield.c); held: it waits for a person.
  looked        text check (looked in ('clear', 'held', 'let-go', 'dropped')), look jsonb,
  erased        bigint,                          -- as of the inbox
  frozen        boolean not null default false,  -- its dossier is: nobody takes it up, whatever is due (outbox_freeze)
  check (state not in ('composed', 'sealed', 'sending', 'accepted') or (head is not null and entity is not null)),
  check ((form = 'report') = (return_path = '')),
  check (event is not null or inbox is not null or (dossier is null and form = 'signed' and channel = 'mail'
    and party in ('nurses', 'duty', 'operator', 'officer', 'manager', 'expert', 'insurer'))),
  check (form = 'signed' or (seal is null and party = 'sender' and code in ('M70', 'M71'))),
  check (state not in ('sealed', 'sending', 'accepted') or (sent_digest is not null and (seal is not null) = (form = 'signed'))),
  check ((encrypted is null) = (sealed_digest is null) and (encrypted is null) = (envelope_size is null) and (encrypted is null) = (sealed_to is null)
    and (encrypted is null or (seal is not null and clear_why is null))),
  check (state <> 'accepted' or (reply_code between 200 and 299 and proof >= 2))
);
create index outbox_compose on outbox (id) where state = 'decided';
create index outbox_sign on outbox (id) where state = 'composed';
create index outbox_due on outbox (domain, next_at) where state in ('sealed', 'sending') and not frozen;
create index outbox_late on outbox (created_at) where state in ('decided', 'composed', 'sealed', 'sending') and warned_at is null;
create index outbox_warned on outbox (id) where state in ('decided', 'composed', 'sealed', 'sending') and warned_at is not null;
create index outbox_untold on outbox (id) where (state in ('accepted', 'failed') or state = 'cancelled' and stop is not null) and not told;
create index outbox_ended on outbox (ended_at) where state in ('accepted', 'failed');
create index outbox_dossier on outbox (dossier) where dossier is not null;
create index outbox_inbox on outbox (inbox) where inbox is not null;
create index outbox_notice on outbox (lower(recipient), created_at) where form = 'report' or code = 'M71';
create unique index outbox_entity on outbox (entity) where entity is not null;
create index outbox_service on outbox (id) where dossier is null and inbox is null and erased is null;
create index outbox_erased on outbox (erased) where erased is not null;

-- An encrypted mail as it leaves, each time it is sent: the object, in rows of 256 KiB. Nobody here can open it.
create table outbox_envelope (
  outbox bigint not null references outbox, number integer not null, data bytea not null, primary key (outbox, number)
);
alter table outbox_envelope alter column data set storage external;

create table outbox_attempt (
  outbox bigint not null references outbox, number integer not null,
  started_at timestamptz not null default now(), ended_at timestamptz,
  result text, reason text, reply_code integer, enhanced text, host text,
  reports boolean,                             -- the hop was asked for delivery reports; null: it offers none, or was not reached
  primary key (outbox, number)
);

-- The signer and the deliverer, who hears strangers, read the entities that are theirs to seal or to send now, and no mail that came in. Of a mail that
-- leaves encrypted the deliverer has the object alone (outbox_envelope).
-- The size of the whole stands in each row.
create function body_read(body bigint) returns table (size bigint, data bytea)
language plpgsql stable security definer set search_path = relais, pg_temp as $$
begin
  return query select b.size, c.data from body b join body_chunk c on c.body = b.id where b.id = body_read.body
     and (session_user <> 'relais_opener' or exists (select from inbox i where i.body = body_read.body))
     and (session_user not in ('relais_signer', 'relais_deliverer')
          or exists (select from outbox o where o.entity = body_read.body
                     and case session_user when 'relais_signer' then o.state = 'composed' else o.state = 'sending' and o.encrypted is null end))
   order by c.number;
end $$;

-- ---------------------------------------------------------------- signer
-- The mailboxes to which a mail of that party may go, by what stands behind it: the request of the dossier, the offer that was made to
-- an expert whom an operator has imported, the sender of the message that is answered. Whoever writes outbox rows cannot choose another.
create function sign_allowed(dossier bigint, party text, inbox bigint) returns text[] language plpgsql stable as $$
begin
  return (select coalesce(array_agg(distinct lower(m)), '{}') from (
    select case sign_allowed.party when 'patient' then e.data->>'mailbox' when 'attending' then e.data->'attending'->>'mailbox'
                                   when 'first_opinion' then e.data->'first_opinion'->>'mailbox' end as m
      from dossier_event e where e.dossier = sign_allowed.dossier and e.kind = 'requested'
    union all
    select e.data->>'sender' from dossier_event e
     where sign_allowed.party = 'requester' and e.dossier = sign_allowed.dossier and e.kind = 'requested' and e.data->>'requester' = 'physician'
    union all
    -- the mailbox of a qualified number
    select e.data->>'address' from dossier_event e join dossier_event r on r.dossier = e.dossier and r.kind = 'requested'
     where sign_allowed.party = 'patient' and e.dossier = sign_allowed.dossier and e.kind = 'channel_changed' and e.data->>'party' = 'patient'
       and e.data->>'channel' = 'mail' and lower(split_part(e.data->>'address', '@', 1)) = lower(r.data->'patient'->>'ins')
    union all
    -- who acts for the patient, at this second: as he was named last, not ended, within his dates
    select e.data->>'mailbox' from dossier_event e
     where sign_allowed.party = case when e.data->>'informed_only' = 'true' then 'other_parent' else 'representative' end
       and e.dossier = sign_allowed.dossier and e.kind = 'representative_named'
       and coalesce((e.data->>'from')::timestamptz, '-infinity') <= instant() and coalesce((e.data->>'until')::timestamptz, 'infinity') > instant()
       and not exists (select from dossier_event x where x.dossier = e.dossier and x.seq > e.seq
         and x.kind in ('representative_named', 'representative_ended') and x.data->>'id' = e.data->>'id')
    union all
    select x.mailbox from dossier_event e join expert x on x.rpps = e.data->>'rpps' and x.mailbox = lower(e.data->>'mailbox')
     where e.dossier = sign_allowed.dossier and (sign_allowed.party, e.kind) in (('expert', 'offered'), ('expert', 'standby_offered'), ('standby', 'standby_offered'))
    union all
    -- a service mail: any expert of the registry; which mails he may have so, and who our own people and partners are, the signer knows
    select x.mailbox from expert x where sign_allowed.dossier is null and sign_allowed.inbox is null and sign_allowed.party = 'expert' and x.active
    union all
    select e.data->>'address' from dossier_event e
     where sign_allowed.party in ('expert', 'standby', 'attending', 'first_opinion') and e.dossier = sign_allowed.dossier and e.kind = 'channel_changed'
       and e.data->>'party' = sign_allowed.party and directory_knows(sign_allowed.dossier, sign_allowed.party, lower(e.data->>'address'))
    union all
    select case i.source when 'imap' then i.from_address else i.mail_from end from inbox i
     where sign_allowed.party = 'sender' and i.id = sign_allowed.inbox) x
   where m <> '');
end $$;

-- Another mailbox of a professional of that dossier: one that the directory has for the person whom the request, a nurse or the offer names, or for
-- a service where he works; or one that a person of ours vouched for.
create function directory_knows(dossier bigint, party text, address text) returns boolean language plpgsql stable as $$
declare persons text[]; asked text := case directory_knows.party when 'attending' then 'physician.attending.rpps' when 'first_opinion' then 'physician.first-opinion.rpps' end;
begin
  select coalesce(array_agg(regexp_replace(regexp_replace(trim(t.p), '^.*\^', ''), '^8(?=\d{11}$)', '')), '{}') into persons from (
    select a->>'value' as p from dossier_event e, jsonb_array_elements(e.data->'answers') a
     where e.dossier = directory_knows.dossier and e.kind = 'requested' and a->>'question' = asked
    union all
    select c.args->>'text' from command c where c.dossier = directory_knows.dossier and c.kind = 'answer' and c.args->>'id' = asked
    union all
    select x.rpps from dossier_event e join expert x on x.rpps = e.data->>'rpps'
     where directory_knows.party in ('expert', 'standby') and e.dossier = directory_knows.dossier and e.kind in ('offered', 'standby_offered')) t
   where t.p <> '';
  return exists (select from directory_entry e where e.address = directory_knows.address
                   and (e.person = any(persons) or (e.person = '' and e.structure <> '' and e.structure in (
                          select w.structure from directory_entry w where w.person = any(persons)))))
      or exists (select from directory_found f where f.address = directory_knows.address and f.person = any(persons))
      or exists (select from directory_confirmed c where c.address = directory_knows.address and (c.person = '' or c.person = any(persons))
                   and directory_vouched(c.address, c.person) is not null);
end $$;

-- Is that party reached by letter? Then the print station is whom its mails may go to; the signer knows which it is.
create function sign_letter(dossier bigint, party text) returns boolean language plpgsql stable as $$
begin
  return coalesce((select e.data->>'channel' = 'paper' from dossier_event e where e.dossier = sign_letter.dossier and e.kind = 'channel_changed'
    and e.data->>'party' = sign_letter.party order by e.seq desc limit 1), false);
end $$;

-- Must a mail to that mailbox leave encrypted ('required'), or when we hold its certificate ('held')? What its own rule says, or else its domain's. The
-- certificate is the mailbox's alone: whether it is good today the signer judges.
create function sign_encrypt(address text, out encrypt text, out content text, out certificate bytea) language plpgsql stable as $$
declare own jsonb; domain jsonb;
begin
  select r.data into own from recipient r where r.active and r.address = lower(sign_encrypt.address);
  select r.data into domain from recipient r where r.active and r.address = '@' || lower(substring(sign_encrypt.address from '[^@]*$'));
  encrypt := coalesce(own->>'encrypt', domain->>'encrypt', 'never');
  content := coalesce(own->>'content', domain->>'content', 'authenticated');
  if encrypt <> 'never' then
    certificate := decode(regexp_replace(regexp_replace(own->>'certificate', '-----END CERTIFICATE-----.*', ''), '-----[^-]*-----|\s', '', 'g'), 'base64');
  end if;
end $$;

-- What is sealed and is not what the rule of today wants: in clear to whom nobody may write in clear, or encrypted for a certificate that is not its mailbox's
-- any more, which who lost his key cannot read. It is sealed anew, and nobody takes up the old one; what was sent of it stands in the signer's journal and in
-- its attempts. Not what a session has in hand; nor what may have left and is asked of the journal first: behind a fence, with an attempt that has no result
-- (the deliverer's next one reads its journal), or taken before (sent_before). True: it was so.
create function outbox_unseal(outbox bigint) returns boolean language plpgsql as $$
begin
  update outbox o set state = 'composed', seal = null, sent_digest = null, fingerprint = null, encrypted = null, sealed_digest = null, envelope_size = null,
         sealed_to = null, sealed_at = null, clear_why = null, session = null, tries = 0, next_at = now(), ended_at = null
    from sign_encrypt((select r.recipient from outbox r where r.id = outbox_unseal.outbox)) e
   where o.id = outbox_unseal.outbox and (o.state in ('sealed', 'failed') or o.state = 'sending' and session_over(o.session, 0)) and o.sent_digest is not null
     and o.form = 'signed' and o.channel = 'mail' and o.looked is distinct from 'held' and o.erased is null
     and not fenced() and not exists (select from sent_before s where s.message_id = o.message_id and s.taken)
     and not coalesce((select a.result is null from outbox_attempt a where a.outbox = o.id order by a.number desc limit 1), false)
     and case when o.encrypted is null then e.encrypt not in ('never', 'held')   -- as signer_way reads it
              else sha256(e.certificate) is distinct from o.sealed_to or (e.content = 'enveloped') <> (o.encrypted = 'enveloped') end;
  if not found then return false; end if;
  delete from outbox_envelope e where e.outbox = outbox_unseal.outbox;
  perform tell('signer');
  return true;
end $$;

create function sign_claim(session bigint, out outbox bigint, out code text, out recipients text[], out from_address text,
  out state text, out head bytea, out entity_body bigint, out entity_size bigint, out entity_digest bytea,
  out decision jsonb, out message_id text, out allowed text[], out form text, out channel text, out party text, out service boolean,
  out encrypt text, out content text, out certificate bytea, out tries integer) returns setof record
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  return query
  with picked as materialized (
    select o.id, o.recipient from outbox o where o.state = 'composed' and o.next_at <= now() and not o.frozen and not (select fenced()) and session_over(o.session, sign_claim.session)
     order by o.id limit 1 for update skip locked),
  rule as materialized (select p.id, e.encrypt, e.content, e.certificate from picked p, sign_encrypt(p.recipient) e)
  update outbox o set session = sign_claim.session, tries = o.tries + 1 from rule, body b
   where o.id = rule.id and b.id = o.entity
  returning o.id, o.code, array[o.recipient], o.return_path, o.state, o.head, b.id, b.size, b.digest,
    (select to_jsonb(x) from (select e.seq as event, e.dossier, e.kind, o.party, o.rule from dossier_event e
       where e.dossier = o.dossier and e.seq = o.event
       union all
       select null, null, i.outcome, o.party, o.rule from inbox i where o.dossier is null and i.id = o.inbox
       union all
       select null, null, 'service', o.party, o.rule where o.dossier is null and o.inbox is null) x limit 1),
    o.message_id, case when o.channel = 'mail' then sign_allowed(o.dossier, o.party, o.inbox) when sign_letter(o.dossier, o.party) then '{print}'::text[] else '{}' end,
    o.form, o.channel, o.party, o.dossier is null and o.inbox is null,
    rule.encrypt, rule.content, rule.certificate, o.tries;
end $$;

create table sign_journal (
  outbox bigint not null references outbox, at timestamptz not null default now(),
  entity_digest bytea not null, sent_digest bytea not null, fingerprint text not null,   -- '' of a report: no seal
  sealed_digest bytea,                       -- as of the outbox
  primary key (outbox, sent_digest)          -- one that was encrypted anew for another certificate has two
);

-- An encrypted mail, row by row, in the transaction that says it is sealed.
create function sign_envelope(outbox bigint, session bigint, number integer, data bytea) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  insert into outbox_envelope select o.id, sign_envelope.number, sign_envelope.data from outbox o
   where o.id = sign_envelope.outbox and o.state = 'composed' and o.session = sign_envelope.session;
  if not found then perform refuse('store.conflict'); end if;
end $$;

-- It cannot be sealed now, and the mails behind it can: it waits so long, with so many tries behind it. It leaves encrypted only, and there is no certificate
-- to encrypt to, until one is imported; its entity has no key; it was tried too often. The first and the last stand among the tasks (task_list).
-- certificate: the one that was looked at. An import that is under way has the row (rule_import): what it says is seen once it is over.
create function sign_wait(outbox bigint, session bigint, reason text, seconds integer, tries integer, certificate bytea) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
declare again boolean := false; to_whom text;
begin
  if sign_wait.reason = 'sign.certificate' then
    select o.recipient into to_whom from outbox o where o.id = sign_wait.outbox for update;
    select e.encrypt in ('never', 'held') or coalesce(e.certificate, '') <> coalesce(sign_wait.certificate, '') into again from sign_encrypt(to_whom) e;
  end if;
  update outbox o set reason = sign_wait.reason, next_at = now() + case when again then interval '0' else make_interval(secs => sign_wait.seconds) end,
         tries = sign_wait.tries, session = null
   where o.id = sign_wait.outbox and o.state = 'composed' and o.session = sign_wait.session;
  if not found then perform refuse('store.conflict'); end if;
end $$;

-- Sealed anew (outbox_unseal), it has been tried before: its attempts are counted on.
create function sign_done(outbox bigint, session bigint, seal bytea, sent_digest bytea, fingerprint text, encrypted text, sealed_digest bytea, envelope_size bigint,
  sealed_to bytea, clear_why text) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  if sign_done.encrypted is not null and sign_done.envelope_size is distinct from (select sum(length(e.data)) from outbox_envelope e where e.outbox = sign_done.outbox) then
    perform refuse('store.refused');
  end if;
  update outbox o set state = 'sealed', seal = sign_done.seal, sent_digest = sign_done.sent_digest, reason = null,
         tries = (select count(*) from outbox_attempt a where a.outbox = o.id),
         encrypted = sign_done.encrypted, sealed_digest = sign_done.sealed_digest, envelope_size = sign_done.envelope_size,
         sealed_to = sign_done.sealed_to, clear_why = sign_done.clear_why,
         fingerprint = sign_done.fingerprint, sealed_at = now(), session = null, next_at = now()
   where o.id = sign_done.outbox and o.state = 'composed' and o.session = sign_done.session;
  if not found then perform refuse('store.conflict'); end if;
  insert into sign_journal (outbox, entity_digest, sent_digest, fingerprint, sealed_digest)
    select o.id, b.digest, o.sent_digest, o.fingerprint, o.sealed_digest from outbox o join body b on b.id = o.entity where o.id = sign_done.outbox;
  perform tell('outbox');
end $$;

create function sign_refuse(outbox bigint, session bigint, reason text, detail text) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  update outbox o set state = 'failed', reason = sign_refuse.reason, reply_text = left(sign_refuse.detail, 200), ended_at = now(), session = null
   where o.id = sign_refuse.outbox and o.state = 'composed' and o.session = sign_refuse.session;
  if not found then perform refuse('store.conflict'); end if;
  perform tell('inbox');
end $$;

-- ---------------------------------------------------------------- the fence
-- A database that was set back to an earlier point knows less than the world does. As long as the row of fence is there no mail is made, sealed or sent, and
-- nothing is decided: no message, act or deadline is taken up, so that no dossier gets a reference and no mail a number that another had. What comes in is kept.
-- `relais restore` puts it there, and who finds that the journals, outside the database, know of what the database does not: the master before it starts
-- anything (fence_look), the deliverer on each connection (deliver_fence). `relais fence lift` takes it away when it has read the journals.
create table fence (
  one boolean primary key default true check (one), closed_at timestamptz not null default now(), why text not null, actor text not null
);
-- Each closing, for good. inbox: the highest number that the journals had when it was lifted. erasures: no certificate up to this number is made any more,
-- since those that were are not all known here. Holds that were set since are forgotten, too: nothing is erased before a person has looked (hold_confirm).
create table fence_history (
  number bigint generated always as identity primary key, closed_at timestamptz not null default now(), why text not null, actor text not null, erasures bigint not null,
  lifted_at timestamptz, lifted_by text, inbox bigint, confirmed_at timestamptz, confirmed_by text, holds bigint
);
-- What had left and the database had forgotten. taken: a server answered for it; else it was begun and may have arrived. A mail that is decided
-- anew and is about the same waits for a person: held is its number.
create table sent_before (
  message_id text primary key, taken boolean not null, at timestamptz not null, outbox bigint not null,
  code text not null, party text not null, ref text not null, cause text not null, effect text not null,
  host text, reply_code integer, enhanced text, queue_id text,
  noted_at timestamptz not null default now(), actor text not null, held bigint
);
create index sent_before_open on sent_before (code, party) where held is null;
-- What was accepted and is lost, as a person has settled it: by the number in the receivers' journal and the digest, since numbers come again.
create table missing_note (
  inbox bigint not null, digest bytea not null check (length(digest) = 32), at timestamptz not null default clock_timestamp(), actor text not null, words text not null,
  primary key (inbox, digest, at)     -- what was said before stays
);

-- The server's own start, at the last look of a master (fence_look). Another one may be a standby that was behind, or the same with an older disk: nothing is
-- taken up on it before a master has looked.
create table fence_server (one boolean primary key default true check (one), started_at timestamptz not null default pg_postmaster_start_time());
insert into fence_server default values;
create function fenced() returns boolean language sql stable as $$
  select exists (select from fence) or not exists (select from fence_server s where s.started_at = pg_postmaster_start_time())
$$;

create function fence_close(why text, actor text) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  insert into fence (why, actor) values (left(fence_close.why, 200), left(fence_close.actor, 100)) on conflict do nothing;
  if not found then return; end if;
  insert into fence_history (why, actor, erasures) select f.why, f.actor, (select coalesce(max(e.number), 0) + 1000 from erasure e) from fence f;
  perform alarm_raise('store.earlier', 'critical', jsonb_build_object('why', left(fence_close.why, 200)));
end $$;
-- looked: since this server runs. Not so, and nothing is taken up, closed or not.
create function fence_state() returns table (closed boolean, looked boolean, closed_at timestamptz, why text, actor text, sent bigint, held bigint)
language sql stable security definer set search_path = relais, pg_temp as $$
  select f.one is not null, exists (select from fence_server s where s.started_at = pg_postmaster_start_time()), f.closed_at, f.why, f.actor, (select count(*) from sent_before), (select count(*) from sent_before s where s.held is not null)
    from (values (1)) v left join fence f on true
$$;

-- Does the database know of this attempt? Each is committed before its line in the journal is written.
create function sent_known(message_id text, attempt integer, taken boolean) returns boolean language sql stable as $$
  select exists (select from sent_before s where s.message_id = sent_known.message_id)
      -- Taken is taken, whatever a report said later.
      or exists (select from outbox o join outbox_attempt a on a.outbox = o.id where o.message_id = sent_known.message_id and a.number >= sent_known.attempt
                   and (not sent_known.taken or a.result = 'accepted'))
$$;

-- Of these lines of a deliverer's journal, those that the database does not know. answered: nor that a server took the mail, where the line says so. What was
-- tried is never deleted, so that no clock is asked how old a line is.
create function fence_unknown(lines jsonb, answered boolean) returns setof jsonb
language sql stable security definer set search_path = relais, pg_temp as $$
  select l from jsonb_array_elements(fence_unknown.lines) l
   where not sent_known(l->>'message_id', (l->>'attempt')::integer, fence_unknown.answered and l->>'event' = 'taken')
$$;
-- The mails at the end of a journal of what was sent (gateway/sent_journal.h): any that the database does not know? Not the last one alone: mails leave side
-- by side, and a database may end between two of them. That a server took one is in the journal first.
create function fence_compare(lines jsonb, actor text) returns boolean language plpgsql as $$
begin
  if not exists (select from fence) and exists (select from fence_unknown(fence_compare.lines, false)) then
    perform fence_close('journal', fence_compare.actor);
  end if;
  return exists (select from fence);
end $$;
-- The deliverer asks on each new connection. True: nothing may leave.
create function deliver_fence(lines jsonb) returns boolean
language sql security definer set search_path = relais, pg_temp as $$
  select fence_compare(deliver_fence.lines, 'deliverer')
$$;
-- The master, before anything starts, and on each start of the server. accepted: the ends of the journals of what was accepted; each line of theirs is
-- written after its row, which stays. By their bytes: what came in since may have the numbers of what is lost.
create function fence_look(lines jsonb, accepted jsonb) returns boolean
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  if exists (select from jsonb_array_elements(fence_look.accepted) l where (l->>'inbox')::bigint > (select coalesce(max(f.inbox), 0) from fence_history f)
               and not exists (select from inbox i join body b on b.id = i.body where i.id = (l->>'inbox')::bigint and encode(b.digest, 'hex') = l->>'digest')) then
    perform fence_close('journal', 'master');
  end if;
  -- What comes in meanwhile gets no number that another had.
  if fence_compare(fence_look.lines, 'master') then
    perform numbers_above((select coalesce(max((l->>'inbox')::bigint), 0) from jsonb_array_elements(fence_look.accepted) l),
                          (select coalesce(max((l->>'outbox')::bigint), 0) from jsonb_array_elements(fence_look.lines) l));
  end if;
  update fence_server s set started_at = pg_postmaster_start_time() where s.started_at <> pg_postmaster_start_time();
  if found then perform tell('inbox'), tell('outbox'); end if;
  perform alarm_clear('fence.unlooked');
  return exists (select from fence);
end $$;
-- It could not look: see names what it cannot read.
create function fence_unlooked(see text) returns void
language sql security definer set search_path = relais, pg_temp as $$
  select alarm_raise('fence.unlooked', 'critical', jsonb_build_object('see', left(fence_unlooked.see, 500)))
$$;

-- Before a mail is sent that the journals had: taken, it is over by their evidence; begun, a person decides once (relais retry). True: it was so.
create function sent_settle(outbox bigint) returns boolean language plpgsql as $$
declare s sent_before; n integer;
begin
  select b.* into s from sent_before b join outbox o on o.message_id = b.message_id where o.id = sent_settle.outbox;
  if s.message_id is null or (not s.taken and s.held is not null) then return false; end if;
  update sent_before b set held = sent_settle.outbox where b.message_id = s.message_id;
  if not s.taken then
    update outbox o set state = 'sealed', session = null, next_at = 'infinity', reason = 'sent.before' where o.id = sent_settle.outbox;
    return true;
  end if;
  update outbox o set state = 'accepted', proof = greatest(proof, 2), reason = 'sent.before', reply_code = coalesce(s.reply_code, 250), enhanced = s.enhanced,
    host = s.host, queue_id = s.queue_id, ended_at = s.at, session = null, tries = tries + 1 where o.id = sent_settle.outbox returning o.tries into n;
  insert into outbox_attempt (outbox, number, started_at, ended_at, result, reason, reply_code, enhanced, host)
    values (sent_settle.outbox, n, s.at, s.at, 'accepted', 'sent.before', coalesce(s.reply_code, 250), s.enhanced, s.host);
  perform tell('inbox');
  return true;
end $$;

-- A mail that is decided anew: the same about the same, and its first is gone from the database. It waits for a person (relais queue, relais retry).
create function sent_compare(outbox bigint) returns void language plpgsql as $$
declare o outbox; known text;
begin
  if not exists (select from sent_before s where s.held is null) then return; end if;
  select x.* into o from outbox x where x.id = sent_compare.outbox;
  select s.message_id into known from sent_before s
   where s.held is null and s.code = o.code and s.party = o.party and not exists (select from outbox own where own.message_id = s.message_id)
     and case when s.effect <> '' then s.effect = o.effect
              else (s.ref <> '' and s.ref = (select d.ref from dossier d where d.id = o.dossier))
                or (s.cause <> '' and s.cause = (select encode(b.digest, 'hex') from inbox i join body b on b.id = i.body where i.id = o.inbox)) end
   order by s.at limit 1 for update;
  if known is null then return; end if;
  update sent_before s set held = o.id where s.message_id = known;
  update outbox x set next_at = 'infinity', reason = 'sent.before' where x.id = o.id;
end $$;

-- Numbers that were given are not given again.
create function numbers_above(inbox bigint, outbox bigint) returns void language plpgsql as $$
declare sequence text;
begin
  sequence := pg_get_serial_sequence('relais.inbox', 'id');
  perform setval(sequence, greatest(numbers_above.inbox + 1000, (select coalesce(max(i.id), 0) + 1000 from inbox i), nextval(sequence)));
  sequence := pg_get_serial_sequence('relais.outbox', 'id');
  perform setval(sequence, greatest(numbers_above.outbox + 1000, (select coalesce(max(o.id), 0) + 1000 from outbox o), nextval(sequence)));
end $$;
-- Takes them in and lets mail leave again. Numbers that the journals have are never given a second time: neither to a message, nor to a mail, nor
-- to a dossier, whose reference stands in mails that people have. destroyed: the references whose key the keeper destroyed.
create function fence_lift(lines jsonb, inbox bigint, outbox bigint, destroyed text[], actor text) returns bigint
language plpgsql security definer set search_path = relais, pg_temp as $$
declare n bigint;
begin
  insert into sent_before (message_id, taken, at, outbox, code, party, ref, cause, effect, host, reply_code, enhanced, queue_id, actor)
    select l->>'message_id', l->>'event' = 'taken', (l->>'at')::timestamptz, (l->>'outbox')::bigint, coalesce(l->'about'->>'code', ''), coalesce(l->'about'->>'party', ''),
           coalesce(l->'about'->>'ref', ''), coalesce(l->'about'->>'cause', ''), coalesce(l->'about'->>'effect', ''), l->>'host', nullif((l->>'code')::integer, 0),
           l->>'enhanced', l->>'queue_id', left(fence_lift.actor, 100)
      from fence_unknown(fence_lift.lines, true) l order by l->>'event' = 'taken' desc on conflict do nothing;
  get diagnostics n = row_count;
  perform numbers_above(fence_lift.inbox, fence_lift.outbox);
  perform setval('dossier_number', greatest((select last_value from dossier_number), (select coalesce(max(split_part(r, '-', 3)::bigint), 0)
    from (select s.ref from sent_before s union all select unnest(fence_lift.destroyed)) x (r) where r ~ '^A-\d{4}-\d{6,12}-')) + 1000);
  update fence_history f set lifted_at = now(), lifted_by = left(fence_lift.actor, 100), inbox = fence_lift.inbox where f.lifted_at is null;
  delete from fence;
  perform alarm_clear('store.earlier'), tell('inbox'), tell('outbox');
  return n;
end $$;
create function sent_before_list() returns table (message_id text, taken boolean, at timestamptz, outbox bigint, code text, party text, ref text, host text, held text)
language sql stable security definer set search_path = relais, pg_temp as $$
  select s.message_id, s.taken, s.at, s.outbox, s.code, s.party, s.ref, s.host, 'S' || s.held from sent_before s order by s.at, s.message_id
$$;
create function missing_noted(inbox bigint, digest text, actor text, words text) returns void
language sql security definer set search_path = relais, pg_temp as $$
  insert into missing_note (inbox, digest, actor, words) values (missing_noted.inbox, decode(missing_noted.digest, 'hex'), left(missing_noted.actor, 100), left(missing_noted.words, 500))
$$;
create function missing_notes() returns table (inbox bigint, digest text, at timestamptz, actor text, words text)
language sql stable security definer set search_path = relais, pg_temp as $$
  select m.inbox, encode(m.digest, 'hex'), m.at, m.actor, m.words from missing_note m order by m.inbox, m.at
$$;

-- ---------------------------------------------------------------- deliverer
-- Domains with due mail, those that wait longest first, and how much each has.
create function deliver_due(most integer) returns table (domain text, mails bigint)
language plpgsql stable security definer set search_path = relais, pg_temp as $$
begin
  return query select o.domain, count(*) from outbox o
   where o.state in ('sealed', 'sending') and o.next_at <= now() and not o.frozen and not (select fenced())
     and (o.state = 'sealed' or session_over(o.session, 0))
   group by o.domain order by min(o.next_at) limit deliver_due.most;
end $$;

-- May the server whose certificate has this name take mail for the domain? The same list that says who may send from it.
create function deliver_peer(name text, domain text) returns boolean
language sql stable security definer set search_path = relais, pg_temp as $$
  select deliver_peer.name <> '' and deliver_peer.domain <> '' and intake_sender(deliver_peer.name, deliver_peer.domain)
$$;

-- What a mail is about, for the deliverer's journal (gateway/sent_journal.h): what outlives this database's numbers. The effect of a service mail
-- alone is told: it names one of our own mailboxes and the occasion.
create function sent_about(outbox bigint) returns jsonb language plpgsql stable as $$
begin
  return (select jsonb_build_object('code', o.code, 'party', o.party, 'ref', coalesce((select d.ref from dossier d where d.id = o.dossier), ''),
           'cause', coalesce((select encode(b.digest, 'hex') from inbox i join body b on b.id = i.body where i.id = o.inbox), ''),
           'effect', case when o.dossier is null and o.inbox is null then o.effect else '' end)
    from outbox o where o.id = sent_about.outbox);
end $$;

-- The longest due of all domains. Domain by domain, each by its index: one question over all of them would sort all that is due for each mail.
-- Who is claimed goes behind those that are due: a mail with which a process dies must not stop the others for ever.
create function deliver_claim(session bigint, domains text[], out outbox bigint, out recipient text, out message_id text,
  out return_path text, out envelope_id text, out head bytea, out entity_body bigint, out entity_size bigint,
  out entity_digest bytea, out seal bytea, out attempt integer, out created_at timestamptz, out about jsonb, out encrypted text, out sent_digest bytea, out envelope_size bigint) returns setof record
language plpgsql security definer set search_path = relais, pg_temp as $$
declare n integer; picked bigint; next text;
begin
  if fenced() then return; end if;
  for next in
    select d from unnest(deliver_claim.domains) d, lateral (select o.next_at from outbox o
       where o.state in ('sealed', 'sending') and o.next_at <= now() and not o.frozen and o.domain = d
         and (o.state = 'sealed' or session_over(o.session, deliver_claim.session)) order by o.next_at limit 1) f order by f.next_at
  loop
    loop
      select o.id into picked from outbox o
       where o.state in ('sealed', 'sending') and o.next_at <= now() and not o.frozen and o.domain = next
         and (o.state = 'sealed' or session_over(o.session, deliver_claim.session))
       order by o.next_at limit 1 for update skip locked;
      exit when picked is null;
      continue when sent_settle(picked);
      -- Its session died after it was stopped: it is not sent a second time; what a document was taken out of is decided again.
      -- Nor does anything go to one whose right to act for the patient ended since it was decided.
      update outbox o set state = 'cancelled', reason = coalesce(o.stop, 'consent.none'), ended_at = now(), session = null,
        told = o.stop is distinct from 'dossier.document.stopped'
       where o.id = picked and (o.stop is not null or o.party in ('representative', 'other_parent') and o.channel = 'mail'
         and not lower(o.recipient) = any (sign_allowed(o.dossier, o.party, o.inbox)));
      -- What the rule of its recipient wants counts when it leaves.
      exit when not found and not outbox_unseal(picked);
      perform mail_late_over(), tell('inbox');
    end loop;
    exit when picked is not null;
  end loop;
  if picked is null then return; end if;
  update outbox o set state = 'sending', next_at = now(), session = deliver_claim.session, tries = tries + 1, proof = greatest(proof, 1)
   where o.id = picked returning o.tries into n;
  insert into outbox_attempt (outbox, number) values (picked, n);
  return query select o.id, o.recipient, o.message_id, o.return_path, o.envelope_id, o.head, b.id, b.size, b.digest,
    o.seal, o.tries, o.created_at, sent_about(o.id), o.encrypted, o.sent_digest, o.envelope_size from outbox o join body b on b.id = o.entity where o.id = picked;
end $$;

-- One row of an encrypted mail that is being sent now.
create function deliver_envelope(outbox bigint, session bigint, number integer) returns bytea
language sql stable security definer set search_path = relais, pg_temp as $$
  select e.data from outbox_envelope e join outbox o on o.id = e.outbox
   where e.outbox = deliver_envelope.outbox and e.number = deliver_envelope.number and o.state = 'sending' and o.session = deliver_envelope.session
$$;

-- A server that refuses us and not the mail: an operator must act. Over when that host takes a mail again, or when nobody was refused for a day:
-- the mail was given up, or goes elsewhere by now.
create function deliver_ours(host text, reason text) returns void language plpgsql as $$
begin
  if deliver_ours.host is null then return; end if;
  if deliver_ours.reason in ('deliver.ours', 'deliver.auth', 'deliver.peer') then
    perform alarm_raise('deliver.ours', 'critical', jsonb_build_object('host', deliver_ours.host, 'reason', deliver_ours.reason));
  elsif exists (select from alarm a where a.name = 'deliver.ours' and a.cleared_at is null
      and (deliver_ours.reason = 'none' and a.detail->>'host' = deliver_ours.host or a.seen_at < now() - interval '1 day')) then
    perform alarm_clear('deliver.ours');
  end if;
end $$;

create function deliver_result(outbox bigint, session bigint, result text, reason text, reply_code integer, enhanced text,
  reply_text text, host text, tls jsonb, queue_id text, next_at timestamptz, reports boolean) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
declare n integer;
begin
  if deliver_result.result not in ('accepted', 'later', 'refused') then perform refuse('store.refused'); end if;
  update outbox o set
    state = case when o.state = 'failed' then 'failed' when deliver_result.result = 'accepted' then 'accepted' when o.stop is not null then 'cancelled'
                 when deliver_result.result = 'later' then 'sealed' else 'failed' end,
    proof = case deliver_result.result when 'accepted' then greatest(o.proof, 2) else o.proof end,
    told = o.told or (o.stop is not null and o.stop <> 'dossier.document.stopped' and deliver_result.result <> 'accepted'),
    reason = case when o.state = 'failed' then o.reason when deliver_result.result <> 'accepted' and o.stop is not null then o.stop
                  else deliver_result.reason end, reply_code = deliver_result.reply_code, enhanced = deliver_result.enhanced,
    reply_text = deliver_result.reply_text, host = deliver_result.host, tls = deliver_result.tls, queue_id = deliver_result.queue_id,
    next_at = case when o.stop is null then coalesce(deliver_result.next_at, now()) else now() end, session = null,
    ended_at = case when deliver_result.result = 'later' and o.state <> 'failed' and o.stop is null then null else now() end
   -- Failed in our hands: a report was quicker than the reply (outbox_proof). It stands.
   where o.id = deliver_result.outbox and o.state in ('sending', 'failed') and o.session = deliver_result.session
   returning o.tries into n;
  if not found then perform refuse('store.conflict'); end if;
  update outbox_attempt a set ended_at = now(), result = deliver_result.result, reason = deliver_result.reason,
    reply_code = deliver_result.reply_code, enhanced = deliver_result.enhanced, host = deliver_result.host,
    reports = nullif(deliver_result.reports, false)
   where a.outbox = deliver_result.outbox and a.number = n;
  perform deliver_ours(deliver_result.host, deliver_result.reason);
  if deliver_result.result <> 'later' or exists (select from outbox o where o.id = deliver_result.outbox and o.state = 'cancelled') then perform tell('inbox'); end if;
end $$;

-- ---------------------------------------------------------------- late mail
-- Once a mail; the alarm stands until none is late any more.
create function mail_late(outbox bigint) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  update outbox o set warned_at = now() where o.id = mail_late.outbox and o.warned_at is null;
  if found then
    perform alarm_raise('queue.late', 'warning', (select jsonb_build_object('mails', count(*), 'oldest', min(o.created_at)) from outbox o
      where o.state in ('decided', 'composed', 'sealed', 'sending') and o.warned_at is not null));
  end if;
end $$;

create function mail_late_over() returns void language plpgsql as $$
begin
  if not exists (select from outbox o
      where o.state in ('decided', 'composed', 'sealed', 'sending') and o.warned_at is not null) then
    perform alarm_clear('queue.late');
  end if;
end $$;
