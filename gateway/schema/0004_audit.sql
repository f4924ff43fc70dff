-- 0004: the trail: every decision, access, refusal and failure, one row each, in one chain; and the checkpoints that the signer seals.
--
-- 1. A row is written in the transaction of what it tells (audit_entry), without any lock of its own: who decides waits for nobody.
-- 2. One linker at a time (relais-refresher, once a second) takes what was committed into the chain (audit), in the order in which it finds it:
--    what was committed before one pass stands before what was committed after it. Until then a row has its triggers alone to keep it.
-- 3. No row has a name, a number or an address of a patient, a subject, or a digest of such things that could be guessed at: references, row numbers, codes.
--    What a row stands for is bound by proof, a digest under a key of its own; the linker makes it of a key in a file outside the database, which never comes here.
-- 4. Rows are never changed and never deleted, whoever asks. A superuser who takes the triggers away is found by relais audit verify.

create table audit_entry (
  id      bigint generated always as identity primary key,
  at      timestamptz not null default clock_timestamp(),
  kind    text not null check (kind in ('decision', 'access', 'act', 'refusal', 'failure', 'outcome', 'checkpoint')),
  what    text not null,
  actor   text not null default session_user,    -- the role that wrote; of an access or an act the person
  rule    text, reason text,
  ref     text, event integer, inbox bigint, outbox bigint,
  detail  jsonb                                  -- codes and numbers
);
create table audit (
  position bigint primary key check (position > 0),
  id       bigint not null unique, at timestamptz not null, kind text not null, what text not null, actor text not null,
  rule text, reason text, ref text, event integer, inbox bigint, outbox bigint, detail jsonb,
  proof    bytea check (length(proof) = 32),     -- SHA-256 of the row's own key and of the evidence (audit_evidence); null: it stands for nothing but itself
  link     bytea not null check (length(link) = 32)   -- SHA-256 of the link before, a space, the digest of the line (audit_line), both in hexadecimal
);
create index audit_ref on audit (ref, event) where ref is not null;
create index audit_inbox on audit (inbox) where inbox is not null;
create index audit_outbox on audit (outbox) where outbox is not null;
create index audit_erasure on audit (((detail->>'erasure')::bigint)) where what = 'erasure.done';
create index audit_when on audit (at) where kind in ('access', 'act');
-- Of the trail itself: its key, restores, and what stands around these.
create index audit_trail on audit (what, position) where what in ('trail.key', 'trail.restored', 'fence.closed', 'fence.lifted');

create function audit_fixed() returns trigger language plpgsql set search_path = relais, pg_temp as $$
begin
  -- What stands in the chain leaves the list of what waits for it, and nothing else does.
  if tg_table_name = 'audit_entry' and tg_op = 'DELETE' then
    if exists (select from audit a where a.id = old.id) then return old; end if;
  end if;
  perform refuse('audit.fixed');
  return null;
end $$;
create trigger audit_fixed before update or delete on audit for each row execute function audit_fixed();
create trigger audit_whole before truncate on audit for each statement execute function audit_fixed();
create trigger audit_entry_fixed before update or delete on audit_entry for each row execute function audit_fixed();
create trigger audit_entry_whole before truncate on audit_entry for each statement execute function audit_fixed();

create function audit_add(kind text, what text, rule text, reason text, ref text, event integer, inbox bigint, outbox bigint, detail jsonb)
returns void language sql set search_path = relais, pg_temp as $$
  insert into audit_entry (kind, what, rule, reason, ref, event, inbox, outbox, detail)
    values (audit_add.kind, audit_add.what, audit_add.rule, audit_add.reason, audit_add.ref, audit_add.event, audit_add.inbox, audit_add.outbox, audit_add.detail)
$$;

-- ---------------------------------------------------------------- what writes rows
create function audit_of_event() returns trigger language plpgsql set search_path = relais, pg_temp as $$
begin
  perform audit_add(case when new.kind = 'mail_failed' then 'failure' else 'decision' end, 'dossier.' || new.kind, new.rule, null,
    (select d.ref from dossier d where d.id = new.dossier), new.seq, new.inbox, (new.data->>'outbox')::bigint, null);
  return null;
end $$;
create trigger audit_event after insert on dossier_event for each row execute function audit_of_event();

create function audit_of_message() returns trigger language plpgsql set search_path = relais, pg_temp as $$
begin
  perform audit_add(case when new.outcome = 'refused' then 'refusal' else 'decision' end, 'message.' || coalesce(new.outcome, 'again'), new.rule, new.reason,
    (select d.ref from dossier d where d.id = new.dossier), null, new.id, null, null);
  return null;
end $$;
create trigger audit_message after update of outcome on inbox for each row when (new.outcome is distinct from old.outcome) execute function audit_of_message();

create function audit_of_mail() returns trigger language plpgsql set search_path = relais, pg_temp as $$
declare made boolean := tg_op = 'INSERT';
begin
  perform audit_add(case when made or new.state = 'sealed' then 'decision' when new.state = 'cancelled' then 'outcome'
                         when new.reason = 'sign.refused' then 'refusal' else 'failure' end,
    'mail.' || case when made then 'decided' else new.state end, case when made then new.rule end, case when not made and new.state <> 'sealed' then new.reason end,
    (select d.ref from dossier d where d.id = new.dossier), new.event::integer, new.inbox, new.id, jsonb_strip_nulls(jsonb_build_object('code', new.code, 'party', new.party,
      -- which of its seals: it may be sealed anew; and that it left in clear though its recipient's rule is to encrypt when that can be done
      'sent', case when new.state = 'sealed' then encode(new.sent_digest, 'hex') end,
      'clear', case when new.state = 'sealed' then new.clear_why end)));
  return null;
end $$;
create trigger audit_mail_made after insert on outbox for each row execute function audit_of_mail();
create trigger audit_mail after update of state on outbox for each row
  when (old.state is distinct from new.state and (new.state in ('failed', 'cancelled') or (old.state = 'composed' and new.state = 'sealed')))
  execute function audit_of_mail();

-- The shield, or the virus scanner, stopped it; a person let it go.
create function audit_of_look() returns trigger language plpgsql set search_path = relais, pg_temp as $$
begin
  perform audit_add(case when new.looked = 'held' then 'refusal' else 'decision' end, 'mail.' || new.looked, null, new.reason,
    (select d.ref from dossier d where d.id = new.dossier), new.event::integer, new.inbox, new.id, jsonb_build_object('code', new.code, 'party', new.party));
  return null;
end $$;
create trigger audit_mail_looked after update of looked on outbox for each row
  when (new.looked is distinct from old.looked and new.looked in ('held', 'let-go')) execute function audit_of_look();

create function audit_of_attempt() returns trigger language plpgsql set search_path = relais, pg_temp as $$
begin
  perform audit_add(case new.result when 'accepted' then 'outcome' when 'refused' then 'refusal' else 'failure' end, 'mail.attempt', null, new.reason,
    (select d.ref from outbox o join dossier d on d.id = o.dossier where o.id = new.outbox), null, null, new.outbox,
    jsonb_strip_nulls(jsonb_build_object('number', new.number, 'result', new.result, 'reply', new.reply_code, 'enhanced', new.enhanced)));
  return null;
end $$;
-- Begun without a result and ended later; or known by the journals alone, and then over from the start (sent_settle).
create trigger audit_attempt_known after insert on outbox_attempt for each row when (new.result is not null) execute function audit_of_attempt();
create trigger audit_attempt after update of result on outbox_attempt for each row when (new.result is distinct from old.result) execute function audit_of_attempt();

-- actor: who has an account with us. Where somebody calls himself by an address, the row does not repeat it.
create function audit_person(name text) returns text language sql immutable as $$
  select case when audit_person.name ~ '^[[:alnum:]_.-]{1,64}$' and audit_person.name !~ '[0-9]{13}' then audit_person.name else 'somebody' end
$$;
create function audit_of_command() returns trigger language plpgsql set search_path = relais, pg_temp as $$
begin
  insert into audit_entry (kind, what, actor, reason, ref, inbox, outbox, detail)
    values (case when tg_op = 'INSERT' then 'act' else 'refusal' end, case when tg_op = 'INSERT' then 'asked.' else 'answered.' end || new.kind, audit_person(new.actor),
            new.reason, (select d.ref from dossier d where d.id = new.dossier), new.inbox, new.outbox, jsonb_build_object('command', new.id));
  return null;
end $$;
create trigger audit_command_asked after insert on command for each row execute function audit_of_command();
create trigger audit_command_refused after update of reason on command for each row
  when (new.reason is distinct from old.reason and new.reason <> 'none') execute function audit_of_command();

create function audit_of_alarm() returns trigger language plpgsql set search_path = relais, pg_temp as $$
begin
  if tg_op = 'DELETE' or new.cleared_at is not null then
    perform audit_add('outcome', 'alarm.over', null, null, null, null, null, null, jsonb_build_object('alarm', case when tg_op = 'DELETE' then old.name else new.name end));
  else
    perform audit_add('failure', 'alarm.' || new.severity, null, null, null, null, null, null, jsonb_build_object('alarm', new.name));
  end if;
  return null;
end $$;
create trigger audit_alarm after insert on alarm for each row execute function audit_of_alarm();
create trigger audit_alarm_changed after update on alarm for each row
  when ((old.cleared_at is null) <> (new.cleared_at is null) or old.severity <> new.severity) execute function audit_of_alarm();
create trigger audit_alarm_over after delete on alarm for each row when (old.cleared_at is null) execute function audit_of_alarm();

create function audit_of_list() returns trigger language plpgsql set search_path = relais, pg_temp as $$
begin
  perform audit_add('act', case tg_table_name when 'trust_import' then 'trust.list' else 'directory.extract' end, null, null, null, null, null, null,
    jsonb_build_object('import', new.id));
  return null;
end $$;
create trigger audit_trust after insert on trust_import for each row execute function audit_of_list();
create trigger audit_directory after insert on directory_import for each row execute function audit_of_list();

create function audit_of_clock() returns trigger language plpgsql set search_path = relais, pg_temp as $$
begin
  perform audit_add('act', 'clock.moved', null, null, null, null, null, null, jsonb_build_object('ahead', new.ahead));
  return null;
end $$;
create trigger audit_clock after update on rehearsal for each row execute function audit_of_clock();

-- What a receiver refused before it took a message in, counted by peer and reason over half a minute (gateway/receiver_told.h): a flood is a few rows at a time.
create function audit_refused(told jsonb) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  if jsonb_array_length(told) > 20 or exists (select from jsonb_array_elements(told) t where coalesce(t->>'reason', '') !~ '^[a-z0-9.-]{0,60}$'
       or coalesce(t->>'step', '') !~ '^[a-z]{0,20}$' or coalesce(t->>'peer', '') !~ '^[0-9a-f.:]{0,45}$' or jsonb_typeof(t->'count') <> 'number') then
    perform refuse('store.refused');
  end if;
  insert into audit_entry (kind, what, reason, detail)
    select 'refusal', 'peer.refused', t->>'reason', jsonb_strip_nulls(jsonb_build_object('peer', t->>'peer', 'step', t->>'step', 'count', (t->>'count')::bigint))
      from jsonb_array_elements(told) with ordinality x (t, n) order by x.n;
end $$;

-- What was erased and by whom; what may not be, since when and until when; that mail leaves again after a restore; that a lost message was settled.
create function audit_of_custody() returns trigger language plpgsql set search_path = relais, pg_temp as $$
begin
  case tg_table_name
  when 'erasure' then
    insert into audit_entry (kind, what, actor, rule, ref, detail)
      values ('act', 'erasure.done', audit_person(new.actor), new.rule, nullif(new.ref, 'apart'), jsonb_build_object('erasure', new.number, 'messages', new.messages, 'mails', new.mails));
  when 'hold' then
    insert into audit_entry (kind, what, actor, ref, inbox, detail)
      values ('act', case when new.lifted_at is null then 'hold.set' else 'hold.lifted' end, audit_person(coalesce(new.lifted_by, new.actor)),
              (select d.ref from dossier d where d.id = new.dossier), new.inbox, jsonb_build_object('hold', new.id));
  when 'missing_note' then
    insert into audit_entry (kind, what, actor, inbox, detail)
      values ('act', 'missing.noted', audit_person(new.actor), new.inbox, jsonb_build_object('at', new.at));
  when 'fence_history' then
    insert into audit_entry (kind, what, actor, detail)
      values ('act', case when new.confirmed_at is not null then 'holds.confirmed' when new.lifted_at is not null then 'fence.lifted' else 'fence.closed' end,
              audit_person(coalesce(new.confirmed_by, new.lifted_by, new.actor)), jsonb_build_object('fence', new.number));
  end case;
  return null;
end $$;
create trigger audit_erasure after update of done_at on erasure for each row when (old.done_at is null and new.done_at is not null) execute function audit_of_custody();
create trigger audit_hold_set after insert on hold for each row execute function audit_of_custody();
create trigger audit_hold_lifted after update of lifted_at on hold for each row when (old.lifted_at is null and new.lifted_at is not null) execute function audit_of_custody();
create trigger audit_missing after insert on missing_note for each row execute function audit_of_custody();
create trigger audit_fence_closed after insert on fence_history for each row execute function audit_of_custody();
create trigger audit_fence_lifted after update of lifted_at on fence_history for each row when (old.lifted_at is null and new.lifted_at is not null) execute function audit_of_custody();
create trigger audit_fence_confirmed after update of confirmed_at on fence_history for each row when (old.confirmed_at is null and new.confirmed_at is not null)
  execute function audit_of_custody();

-- An operator at the command line, before he is shown anything. wanted: what he named, of which the row keeps numbers and references alone.
create function audit_access(actor text, kind text, what text, wanted text) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  if audit_access.kind not in ('access', 'act') or audit_access.what !~ '^relais [a-z]+( [a-z-]+)?$' then perform refuse('store.refused'); end if;
  insert into audit_entry (kind, what, actor, ref, inbox, outbox)
    values (audit_access.kind, audit_access.what, audit_person(audit_access.actor), (select d.ref from dossier d where d.ref = upper(wanted)),
            (select max(i.id) from inbox i where i.message_id = wanted or i.id = (substring(wanted from '^[Rr]([0-9]{1,18})$'))::bigint),
            (select max(o.id) from outbox o where o.message_id = wanted or o.id = (substring(wanted from '^[Ss]([0-9]{1,18})$'))::bigint));
end $$;

-- ---------------------------------------------------------------- what a row stands for
-- What never changes of it: the event, the message, the sealed mail, the attempt, the act. The same text for ever; null when it is not there.
create function audit_evidence(what text, ref text, event integer, inbox bigint, outbox bigint, detail jsonb) returns text
language sql stable set search_path = relais, pg_temp as $$
  select case
    when what like 'dossier.%' then (select json_strip_nulls(row_to_json(x))::text from (
      select d.ref as dossier, e.seq, e.at at time zone 'UTC' as at, e.kind, e.data, e.actor, e.rule, e.inbox from dossier_event e join dossier d on d.id = e.dossier
       where d.ref = audit_evidence.ref and e.seq = audit_evidence.event) x)
    -- What was read in it, the verdict on its signature first of all, once it is decided: what is held may be read once more.
    when what like 'message.%' then (select json_strip_nulls(row_to_json(x))::text from (
      select i.id as inbox, i.source, i.received_at at time zone 'UTC' as received_at, b.size, encode(b.digest, 'hex') as digest, i.peer_name, i.mail_from, i.recipients, i.trust,
             i.params, d.class, d.message_id, d.facts
        from inbox i join body b on b.id = i.body
        left join lateral (select i.class, i.message_id, i.facts - 'notices' as facts where audit_evidence.what not in ('message.held', 'message.again')) d on true
       where i.id = audit_evidence.inbox) x)
    when what = 'mail.sealed' then (select json_strip_nulls(row_to_json(x))::text from (
      select o.id as outbox, o.code, o.party, o.recipient, o.form, o.message_id, o.envelope_id, o.rule, b.size, encode(b.digest, 'hex') as entity,
             encode(j.sent_digest, 'hex') as sent, encode(j.sealed_digest, 'hex') as sealed, j.fingerprint
        from outbox o join body b on b.id = o.entity left join sign_journal j on j.outbox = o.id and encode(j.sent_digest, 'hex') = audit_evidence.detail->>'sent'
       where o.id = audit_evidence.outbox) x)
    when what = 'mail.attempt' then (select json_strip_nulls(row_to_json(x))::text from (
      select a.outbox, a.number, a.started_at at time zone 'UTC' as started_at, a.ended_at at time zone 'UTC' as ended_at, a.result, a.reason, a.reply_code, a.enhanced,
             a.host, a.reports from outbox_attempt a where a.outbox = audit_evidence.outbox and a.number = (audit_evidence.detail->>'number')::integer) x)
    when what like 'asked.%' then (select json_strip_nulls(row_to_json(x))::text from (
      select c.id as command, c.at at time zone 'UTC' as at, c.actor, c.kind, c.args from command c where c.id = (audit_evidence.detail->>'command')::bigint) x)
    -- Which messages and mails, so that none can be put among them later.
    when what = 'erasure.done' then (select json_strip_nulls(row_to_json(x))::text from (
      select e.number as erasure, e.ref, e.rule, e.actor, e.begun_at at time zone 'UTC' as begun_at, e.done_at at time zone 'UTC' as done_at, e.key, e.messages, e.mails, e.events, e.documents, e.bytes,
             (select string_agg(i.id::text, ' ' order by i.id) from inbox i where i.erased = e.number) as inboxes,
             (select string_agg(o.id::text, ' ' order by o.id) from outbox o where o.erased = e.number) as outboxes
        from erasure e where e.number = (audit_evidence.detail->>'erasure')::bigint) x)
    when what in ('hold.set', 'hold.lifted') then (select json_strip_nulls(row_to_json(x))::text from (
      select h.id as hold, (select d.ref from dossier d where d.id = h.dossier) as dossier, h.inbox, h.reason, h.actor, h.set_at at time zone 'UTC' as set_at,
             case when what = 'hold.lifted' then h.lifted_at at time zone 'UTC' end as lifted_at, case when what = 'hold.lifted' then h.lifted_by end as lifted_by,
             case when what = 'hold.lifted' then h.lift_reason end as lift_reason from hold h where h.id = (audit_evidence.detail->>'hold')::bigint) x)
    when what in ('fence.closed', 'fence.lifted', 'holds.confirmed') then (select json_strip_nulls(row_to_json(x))::text from (
      select f.number as fence, f.closed_at at time zone 'UTC' as closed_at, f.why, f.actor, f.erasures, case when what <> 'fence.closed' then f.lifted_at at time zone 'UTC' end as lifted_at,
             case when what <> 'fence.closed' then f.lifted_by end as lifted_by, case when what <> 'fence.closed' then f.inbox end as inbox,
             case when what = 'holds.confirmed' then f.confirmed_at at time zone 'UTC' end as confirmed_at, case when what = 'holds.confirmed' then f.confirmed_by end as confirmed_by,
             case when what = 'holds.confirmed' then f.holds end as holds from fence_history f where f.number = (audit_evidence.detail->>'fence')::bigint) x)
    when what = 'missing.noted' then (select json_strip_nulls(row_to_json(x))::text from (
      select m.inbox, encode(m.digest, 'hex') as digest, m.at at time zone 'UTC' as at, m.actor, m.words from missing_note m
       where m.inbox = audit_evidence.inbox and m.at = (audit_evidence.detail->>'at')::timestamptz) x)
  end
$$;

-- A row as it is chained and exported: one line of JSON, without its link.
create function audit_line(a audit) returns text language sql stable set search_path = relais, pg_temp as $$
  select json_strip_nulls(row_to_json(x))::text from (
    select a.position, a.id, to_char(a.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at, a.kind, a.what, a.actor, a.rule, a.reason, a.ref, a.event,
           a.inbox, a.outbox, a.detail, encode(a.proof, 'hex') as proof) x
$$;
create function audit_next(before text, line text) returns bytea language sql immutable as $$
  select sha256(convert_to(audit_next.before || ' ' || encode(sha256(convert_to(audit_next.line, 'UTF8')), 'hex'), 'UTF8'))
$$;
-- By which key the rows name what they stand for: its name (HMAC-SHA-256 of a constant, gateway/audit_key.h), in a row of the trail. Null: there is no row yet.
create function audit_key_name() returns text language sql stable security definer set search_path = relais, pg_temp as $$
  select coalesce((select a.detail->>'key' from audit a where a.what = 'trail.key' order by a.position limit 1),
                  (select e.detail->>'key' from audit_entry e where e.what = 'trail.key' order by e.id limit 1))
$$;
-- The linker's one pass: which rows wait, then their keys, one of each, in that order. The key that these are made of never comes here: whoever takes the
-- database over learns the keys of rows that are linked from then on, of no row before. The first pass writes down the key's name; another is refused.
create function audit_wait(most integer) returns table (id bigint)
language sql stable security definer set search_path = relais, pg_temp as $$
  select e.id from audit_entry e order by e.id limit audit_wait.most
$$;
-- Gives how many it took: none while another linker is at it. ids: in their order; one that waits for a minute is not passed over.
create function audit_link(key_name text, ids bigint[], keys bytea) returns integer
language plpgsql security definer set search_path = relais, pg_temp as $$
declare a audit; before text := repeat('0', 64); n integer := 0; e audit_entry; evidence text; known text := audit_key_name(); k integer;
begin
  if (audit_link.key_name ~ '^[0-9a-f]{64}$' and length(audit_link.keys) = 32 * cardinality(audit_link.ids)
      and audit_link.ids = array(select distinct i from unnest(audit_link.ids) i order by i)) is not true then
    perform refuse('store.refused');
  end if;
  if known is distinct from audit_link.key_name and known is not null then perform refuse('audit.key'); end if;
  if not pg_try_advisory_xact_lock(4722) then return 0; end if;
  if exists (select from audit_entry w where w.at < now() - interval '1 minute' and w.id < (select max(i) from unnest(audit_link.ids) i) and w.id <> all (audit_link.ids)) then
    perform refuse('store.refused');
  end if;
  if known is null then
    insert into audit_entry (kind, what, detail) values ('act', 'trail.key', jsonb_build_object('key', audit_link.key_name));
  end if;
  select t.position, encode(t.link, 'hex') into a.position, before from audit t order by t.position desc limit 1;
  if not found then a.position := 0; before := repeat('0', 64); end if;
  for k in 1 .. coalesce(cardinality(audit_link.ids), 0) loop
    select t.* into e from audit_entry t where t.id = audit_link.ids[k];
    if not found then continue; end if;
    evidence := audit_evidence(e.what, e.ref, e.event, e.inbox, e.outbox, e.detail);
    a := (a.position + 1, e.id, e.at, e.kind, e.what, e.actor, e.rule, e.reason, e.ref, e.event, e.inbox, e.outbox, e.detail,
          case when evidence is not null then sha256(substring(audit_link.keys from 32 * k - 31 for 32) || convert_to(evidence, 'UTF8')) end, null::bytea);
    a.link := audit_next(before, audit_line(a));
    insert into audit values (a.*);
    delete from audit_entry t where t.id = e.id;
    before := encode(a.link, 'hex');
    n := n + 1;
  end loop;
  if n > 0 then
    insert into tally values ('audit', n) on conflict on constraint tally_pkey do update set n = tally.n + excluded.n;
  end if;
  return n;
end $$;

-- ---------------------------------------------------------------- checkpoints
-- The signer's word on how far the chain and the journals had come: a statement that it writes itself, under its seal. Also kept outside the database.
create table checkpoint (
  id          bigint generated always as identity primary key,
  asked_at    timestamptz not null default now(), actor text not null,
  session     bigint,
  statement   text, seal bytea, fingerprint text, sealed_at timestamptz,
  stamp       bytea, stamped_at timestamptz,     -- of a time-stamping authority, over the seal (RFC 3161)
  check ((sealed_at is null) = (statement is null) and (sealed_at is null) = (seal is null) and (sealed_at is null) = (fingerprint is null)),
  check ((stamp is null) = (stamped_at is null) and (stamp is null or seal is not null))
);
create unique index checkpoint_asked on checkpoint ((true)) where sealed_at is null;   -- one at a time
create function checkpoint_fixed() returns trigger language plpgsql set search_path = relais, pg_temp as $$
begin
  if tg_op = 'DELETE' and old.sealed_at is null then return old; end if;   -- asked for before a restore (audit_restored): it says nothing
  if tg_op <> 'UPDATE' or new.id <> old.id or new.asked_at <> old.asked_at or new.actor <> old.actor
     or (old.sealed_at is not null and (new.statement, new.seal, new.fingerprint, new.sealed_at) is distinct from (old.statement, old.seal, old.fingerprint, old.sealed_at))
     or (old.stamp is not null and (new.stamp, new.stamped_at) is distinct from (old.stamp, old.stamped_at)) then
    perform refuse('audit.fixed');
  end if;
  return new;
end $$;
create trigger checkpoint_fixed before update or delete on checkpoint for each row execute function checkpoint_fixed();
create trigger checkpoint_whole before truncate on checkpoint for each statement execute function checkpoint_fixed();

-- One that waits already is as good. Gives its number.
create function checkpoint_ask(actor text) returns bigint
language plpgsql security definer set search_path = relais, pg_temp as $$
declare given bigint;
begin
  insert into checkpoint (actor) values (audit_person(checkpoint_ask.actor)) on conflict do nothing returning id into given;
  if given is null then select c.id into given from checkpoint c where c.sealed_at is null; end if;
  perform tell('signer');
  return given;
end $$;
-- The daily one, when the last was asked for so long ago and there is something to seal.
create function checkpoint_due(hours integer) returns boolean
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  if hours < 1 or exists (select from fence) or exists (select from checkpoint c where c.asked_at > now() - make_interval(hours => checkpoint_due.hours)) or not exists (select from audit) then
    return false;
  end if;
  perform checkpoint_ask('refresher');
  return true;
end $$;

-- One is not sealed ten minutes after it was asked for, or the last is older than it should be by an hour; or no linker takes what waits for one.
create function checkpoint_late(hours integer) returns boolean
language sql stable security definer set search_path = relais, pg_temp as $$
  select exists (select from checkpoint c where c.sealed_at is null and c.asked_at < now() - interval '10 minutes')
      or coalesce((select max(c.sealed_at) from checkpoint c) < now() - make_interval(hours => checkpoint_late.hours + 1), false)
      or coalesce((select e.at from audit_entry e order by e.id limit 1) < now() - interval '5 minutes', false)
$$;

-- What the signer is told of the chain; what it refused it is told again, until it seals. before: the statement of the last one; lost: the highest number
-- that a restore left behind, as the chain tells. Behind a fence nothing is: its number may be a lost one's.
create function checkpoint_claim(session bigint, out checkpoint bigint, out "position" bigint, out link text, out before text, out waiting bigint, out lost bigint) returns setof record
language plpgsql security definer set search_path = relais, pg_temp as $$
declare picked bigint;
begin
  if fenced() then return; end if;
  select c.id into picked from checkpoint c where c.sealed_at is null and (c.session = checkpoint_claim.session or session_over(c.session, checkpoint_claim.session))
   for update skip locked;
  if picked is null then return; end if;
  update checkpoint c set session = checkpoint_claim.session where c.id = picked;
  return query select picked, coalesce(a.position, 0), coalesce(encode(a.link, 'hex'), repeat('0', 64)),
      coalesce((select c.statement from checkpoint c where c.sealed_at is not null order by c.id desc limit 1), ''), (select count(*) from audit_entry),
      coalesce((select max(r.last) from audit_restores() r where r.position > 0 and r.fenced), 0)
    from (values (1)) v left join (select t.position, t.link from audit t order by t.position desc limit 1) a on true;
end $$;
create function checkpoint_done(checkpoint bigint, session bigint, statement text, seal bytea, fingerprint text) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  update checkpoint c set statement = checkpoint_done.statement, seal = checkpoint_done.seal, fingerprint = checkpoint_done.fingerprint, sealed_at = now(), session = null
   where c.id = checkpoint_done.checkpoint and c.sealed_at is null and c.session = checkpoint_done.session;
  if not found then perform refuse('store.conflict'); end if;
  perform tally_one('checkpoint');
  perform audit_add('checkpoint', 'checkpoint.sealed', null, null, null, null, null, null, jsonb_build_object('checkpoint', checkpoint_done.checkpoint));
end $$;
create function checkpoint_unstamped() returns table (checkpoint bigint, seal bytea)
language sql stable security definer set search_path = relais, pg_temp as $$
  select c.id, c.seal from checkpoint c where c.seal is not null and c.stamp is null order by c.id limit 1
$$;
create function checkpoint_stamp(checkpoint bigint, stamp bytea) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  update checkpoint c set stamp = checkpoint_stamp.stamp, stamped_at = now() where c.id = checkpoint_stamp.checkpoint and c.seal is not null and c.stamp is null;
  if not found then perform refuse('store.conflict'); end if;
end $$;
-- Those that are new, or were stamped, since that instant: for the copy outside.
create function checkpoint_since(since timestamptz, most integer) returns table (checkpoint bigint, statement text, seal bytea, stamp bytea, changed_at timestamptz)
language sql stable security definer set search_path = relais, pg_temp as $$
  select c.id, c.statement, c.seal, c.stamp, greatest(c.sealed_at, c.stamped_at) from checkpoint c
   where c.sealed_at is not null and greatest(c.sealed_at, c.stamped_at) >= checkpoint_since.since order by greatest(c.sealed_at, c.stamped_at), c.id limit checkpoint_since.most
$$;

-- ---------------------------------------------------------------- a restore to an earlier point
-- Of the node's signer: where in its journal the last checkpoint stands that this database knows, and its number. What comes after may be lost.
create function audit_known(node text, out size bigint, out checkpoint bigint) language sql stable security definer set search_path = relais, pg_temp as $$
  select coalesce((select (c.statement::jsonb->'signer'->>'size')::bigint from checkpoint c where c.sealed_at is not null and c.statement::jsonb->>'node' = audit_known.node
                    order by c.id desc limit 1), 0), coalesce((select max(c.id) from checkpoint c where c.sealed_at is not null), 0)
$$;
-- Told once, when the fence is lifted: what the signer's journal and the folder of checkpoints know and this database does not. Checkpoints first..last are
-- gone; of the journal's seals from byte so on to byte so, this many have no row. checkpoint, position: the highest that were ever given; lines: [outbox, digest
-- of the entity] of each seal in between. No number of a checkpoint or of a row is given a second time. None of these is more than a journal of so many
-- lines can have (of 16384 bytes at most), so that no word of one restore speaks for what comes after it.
create function audit_restored(node text, checkpoint bigint, "position" bigint, to_size bigint, lines jsonb, actor text) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
declare k record; gone bigint; ids bigint := greatest((select max(a.id) from audit a), (select max(e.id) from audit_entry e), 0);
begin
  if not exists (select from fence) then perform refuse('fence.open'); end if;
  select * into k from audit_known(audit_restored.node);
  select count(*) into gone from jsonb_array_elements(audit_restored.lines) s
   where not exists (select from outbox o join body b on b.id = o.entity where o.id = (s->>0)::bigint and encode(b.digest, 'hex') = s->>1);
  if audit_restored.checkpoint <= k.checkpoint and gone = 0 then return; end if;
  if (audit_restored.checkpoint between 0 and k.checkpoint + 1000000 and audit_restored."position" between 0 and ids + 10000000000 and audit_restored.to_size between 0 and
      k.size + 16384 * (2 + jsonb_array_length(audit_restored.lines) + greatest(audit_restored.checkpoint, k.checkpoint))) is not true then
    perform refuse('store.refused');
  end if;
  delete from checkpoint c where c.sealed_at is null;
  perform setval(pg_get_serial_sequence('relais.checkpoint', 'id'), greatest(audit_restored.checkpoint, (select coalesce(max(c.id), 0) from checkpoint c), 1));
  perform setval(pg_get_serial_sequence('relais.audit_entry', 'id'), 1000000 + greatest(audit_restored."position", ids));
  insert into audit_entry (kind, what, actor, detail) values ('act', 'trail.restored', audit_person(audit_restored.actor), jsonb_build_object('node', audit_restored.node,
    'first', k.checkpoint + 1, 'last', greatest(audit_restored.checkpoint, k.checkpoint), 'from', k.size, 'to', audit_restored.to_size, 'seals', gone));
end $$;
-- All of them, those too that are not linked yet (position 0). fenced: a fence was closed before it, and lifted after it or not yet.
create function audit_restores() returns table ("position" bigint, at timestamptz, actor text, node text, first bigint, last bigint, from_size bigint, to_size bigint, seals bigint,
  fenced boolean)
language sql stable security definer set search_path = relais, pg_temp as $$
  with t as (
    select a.position, a.id, a.at, a.actor, a.what, a.detail from audit a where a.what in ('trail.restored', 'fence.closed', 'fence.lifted')
    union all select 0, e.id, e.at, e.actor, e.what, e.detail from audit_entry e where e.what in ('trail.restored', 'fence.closed', 'fence.lifted'))
  select r.position, r.at, r.actor, r.detail->>'node', (r.detail->>'first')::bigint, (r.detail->>'last')::bigint, (r.detail->>'from')::bigint, (r.detail->>'to')::bigint,
         (r.detail->>'seals')::bigint,
         coalesce((select f.what from t f where f.what <> 'trail.restored' and f.id < r.id order by f.id desc limit 1) = 'fence.closed', false)
           and coalesce((select f.what from t f where f.what <> 'trail.restored' and f.id > r.id order by f.id limit 1) = 'fence.lifted', exists (select from fence))
    from t r where r.what = 'trail.restored' order by r.id
$$;

-- ---------------------------------------------------------------- reading: relais audit, relais proof
create function audit_read(after bigint, most bigint) returns table ("position" bigint, line text, link text, id bigint, proof text, evidence text)
language sql stable security definer set search_path = relais, pg_temp as $$
  select a.position, audit_line(a), encode(a.link, 'hex'), a.id, encode(a.proof, 'hex'),
         audit_evidence(a.what, a.ref, a.event, a.inbox, a.outbox, a.detail)
    from audit a where a.position > audit_read.after order by a.position limit audit_read.most
$$;
-- Was what that row stands for erased, as it has to be one day? Asked where a row does not fit. The trail itself must tell of that erasure: a number that
-- somebody wrote into the tables is none, and erasure.done is bound to all messages and mails that have its number. No erasure touches an attempt.
create function audit_erased("position" bigint) returns boolean
language sql stable security definer set search_path = relais, pg_temp as $$
  select a.what not in ('erasure.done', 'mail.attempt') and exists (
      select from erasure e where e.done_at is not null
         and (e.number = (select d.erased from dossier d where d.ref = a.ref and d.id = e.dossier) or e.number = (select i.erased from inbox i where i.id = a.inbox)
           or e.number = (select o.erased from outbox o where o.id = a.outbox))
         and (exists (select from audit t where t.what = 'erasure.done' and (t.detail->>'erasure')::bigint = e.number)
           or exists (select from audit_entry t where t.what = 'erasure.done' and (t.detail->>'erasure')::bigint = e.number)))
    from audit a where a.position = audit_erased.position
$$;
create function audit_list(kind text, actor text, ref text, since timestamptz, until timestamptz, most bigint) returns table ("position" bigint, at timestamptz, kind text,
  what text, actor text, ref text, inbox bigint, outbox bigint, reason text, rule text, detail jsonb)
language sql stable security definer set search_path = relais, pg_temp as $$
  select * from (select a.position, a.at, a.kind, a.what, a.actor, a.ref, a.inbox, a.outbox, a.reason, a.rule, a.detail from audit a
   where (audit_list.kind is null or a.kind = audit_list.kind) and (audit_list.actor is null or a.actor = audit_list.actor) and (audit_list.ref is null or a.ref = audit_list.ref)
     and a.at >= coalesce(audit_list.since, '-infinity') and a.at < coalesce(audit_list.until, 'infinity')
   order by a.position desc limit audit_list.most) x order by 1
$$;
create function audit_waiting() returns table (id bigint, at timestamptz, kind text, what text)
language sql stable security definer set search_path = relais, pg_temp as $$
  select e.id, e.at, e.kind, e.what from audit_entry e order by e.id
$$;
create function checkpoint_list() returns table (checkpoint bigint, asked_at timestamptz, actor text, sealed_at timestamptz, statement text, seal bytea, fingerprint text, stamp bytea, changed_at timestamptz)
language sql stable security definer set search_path = relais, pg_temp as $$
  select c.id, c.asked_at, c.actor, c.sealed_at, c.statement, c.seal, c.fingerprint, c.stamp, greatest(c.sealed_at, c.stamped_at)
    from checkpoint c where c.sealed_at is not null order by c.id
$$;
-- What left under our name: every mail that has a seal, or was passed without one, before that instant. entity: of what was composed.
create function audit_sealed(after bigint, most bigint, until timestamptz) returns table (outbox bigint, entity text, sent text, fingerprint text, state text)
language sql stable security definer set search_path = relais, pg_temp as $$
  select o.id, encode(b.digest, 'hex'), case when o.sealed_at < audit_sealed.until then encode(o.sent_digest, 'hex') end, o.fingerprint, o.state from outbox o join body b on b.id = o.entity
   where o.id > audit_sealed.after order by o.id limit audit_sealed.most
$$;
-- The rows of a dossier, or of some messages and mails and of the events behind these.
create function proof_rows(ref text, inboxes bigint[], outboxes bigint[]) returns table ("position" bigint, id bigint, line text, evidence text)
language sql stable security definer set search_path = relais, pg_temp as $$
  with wanted as (   -- each by its own index
    select a.position from audit a where a.ref = proof_rows.ref
    union select a.position from audit a where a.inbox = any (inboxes) and a.outbox is null
    union select a.position from audit a where a.outbox = any (outboxes)
    union select a.position from outbox o join dossier d on d.id = o.dossier join audit a on a.ref = d.ref and a.event = o.event where o.id = any (outboxes)
    union select a.position from audit a where a.what = 'erasure.done' and (a.detail->>'erasure')::bigint in (
      select i.erased from inbox i where i.id = any (inboxes) and i.erased is not null union select o.erased from outbox o where o.id = any (outboxes) and o.erased is not null))
  select a.position, a.id, audit_line(a), case when a.proof is not null then audit_evidence(a.what, a.ref, a.event, a.inbox, a.outbox, a.detail) end
    from wanted w join audit a on a.position = w.position order by a.position
$$;
-- Links alone, from one position to another: what joins a row to its checkpoint says nothing of the rows between.
create function proof_links(first bigint, last bigint) returns table ("position" bigint, digest text, link text)
language sql stable security definer set search_path = relais, pg_temp as $$
  select a.position, encode(sha256(convert_to(audit_line(a), 'UTF8')), 'hex'), encode(a.link, 'hex') from audit a
   where a.position between proof_links.first and proof_links.last order by a.position
$$;
create function proof_received(inboxes bigint[]) returns table (inbox bigint, received_at timestamptz, source text, body bigint, size bigint, digest text, class text, outcome text,
  reason text, rule text, peer_name text, mail_from text, recipients text[], message_id text, params jsonb, facts jsonb, erased bigint)
language sql stable security definer set search_path = relais, pg_temp as $$
  select i.id, i.received_at, i.source, i.body, b.size, encode(b.digest, 'hex'), i.class, i.outcome, i.reason, i.rule, i.peer_name, i.mail_from, i.recipients, i.message_id,
         i.params, i.facts, i.erased from inbox i join body b on b.id = i.body where i.id = any (inboxes) and i.complete order by i.id
$$;
-- sent_digest: of the mail with its seal; of one that left encrypted, of the sealed mail inside, since nobody here can open what left.
create function proof_sent(outboxes bigint[]) returns table (outbox bigint, code text, party text, recipient text, state text, form text, proof bigint, rule text, message_id text,
  envelope_id text, created_at timestamptz, sealed_at timestamptz, ended_at timestamptz, host text, queue_id text, reply_code integer, enhanced text, reply_text text, tls jsonb,
  head bytea, entity bigint, entity_digest text, seal bytea, sent_digest bytea, fingerprint text, ref text, event bigint, inbox bigint, attempts jsonb, erased bigint)
language sql stable security definer set search_path = relais, pg_temp as $$
  select o.id, o.code, o.party, o.recipient, o.state, o.form, o.proof::bigint, o.rule, o.message_id, o.envelope_id, o.created_at, o.sealed_at, o.ended_at, o.host, o.queue_id,
         o.reply_code, o.enhanced, o.reply_text, o.tls, o.head, o.entity, encode(b.digest, 'hex'), o.seal, coalesce(o.sealed_digest, o.sent_digest), o.fingerprint,
         (select d.ref from dossier d where d.id = o.dossier), o.event, o.inbox,
         (select coalesce(jsonb_agg(to_jsonb(a) order by a.number), '[]') from outbox_attempt a where a.outbox = o.id), o.erased
    from outbox o left join body b on b.id = o.entity where o.id = any (outboxes) order by o.id
$$;
-- The proof that was made: by the digest of its list of digests, that many rows' keys make unguessable. Its number; then, once it is linked, its place.
create function proof_made(ref text, sums text, actor text) returns bigint
language plpgsql security definer set search_path = relais, pg_temp as $$
declare given bigint;
begin
  if proof_made.sums !~ '^[0-9a-f]{64}$' then perform refuse('store.refused'); end if;
  insert into audit_entry (kind, what, actor, ref, detail) values ('act', 'proof.made', audit_person(proof_made.actor), proof_made.ref, jsonb_build_object('sums', proof_made.sums))
    returning id into given;
  return given;
end $$;
create function proof_row(id bigint) returns table ("position" bigint, line text)
language sql stable security definer set search_path = relais, pg_temp as $$
  select a.position, audit_line(a) from audit a where a.id = proof_row.id
$$;
-- Which messages and mails belong to what was asked for: a dossier's all; of one mail what led to it and the reports on it; of one message what was answered.
create function proof_of(wanted text, out ref text, out inboxes bigint[], out outboxes bigint[]) returns setof record
language plpgsql stable security definer set search_path = relais, pg_temp as $$
declare d bigint; m bigint[]; s bigint[];
begin
  select t.id, t.ref into d, proof_of.ref from dossier t where t.ref = upper(wanted);
  if d is not null then
    inboxes := array(select i.id from inbox i where i.dossier = d order by 1);
    outboxes := array(select o.id from outbox o where o.dossier = d or o.inbox = any (inboxes) order by 1);
    return next;
    return;
  end if;
  s := array(select o.id from outbox o where o.message_id = wanted or o.id = (substring(wanted from '^[Ss]([0-9]{1,18})$'))::bigint);
  m := array(select i.id from inbox i where i.message_id = wanted or i.id = (substring(wanted from '^[Rr]([0-9]{1,18})$'))::bigint);
  if cardinality(s) + cardinality(m) = 0 then return; end if;
  inboxes := array(select i from unnest(m) i union select o.inbox from outbox o where o.id = any (s) and o.inbox is not null
    union select e.inbox from outbox o join dossier_event e on e.dossier = o.dossier where o.id = any (s) and e.inbox is not null
       and e.kind in ('mail_proof', 'mail_failed') and (e.data->>'outbox')::bigint = o.id order by 1);
  outboxes := array(select o from unnest(s) o union select o.id from outbox o where o.inbox = any (m) order by 1);
  return next;
end $$;

-- ---------------------------------------------------------------- reconcile
-- Both ways, what was decided and the trail; waiting for the linker counts as told for a minute.
create function audit_reconcile(deep boolean) returns table (name text, counted bigint, bad bigint)
language sql stable security definer set search_path = relais, pg_temp as $$
  with told as materialized (select t.kind, t.what, t.ref, t.event, t.inbox, t.outbox, t.detail from audit t union all select e.kind, e.what, e.ref, e.event, e.inbox, e.outbox, e.detail from audit_entry e)
  select 'rows of the trail against their chain', (select count(*) from audit),
    abs((select count(*) from audit) - coalesce((select n from tally where what = 'audit'), 0)) + abs((select count(*) from audit) - coalesce((select max(a.position) from audit a), 0))
  union all select 'rows of the trail that no linker takes', (select count(*) from audit_entry), (select count(*) from audit_entry e where e.at < now() - interval '1 minute')
  union all select 'checkpoints of the trail', (select count(*) from checkpoint),
    abs((select count(*) from checkpoint where sealed_at is not null) - coalesce((select n from tally where what = 'checkpoint'), 0))
  union all select 'events that the trail does not know', (select count(*) from dossier_event),
    (select count(*) from dossier_event e join dossier d on d.id = e.dossier
      where not exists (select from told t where t.ref = d.ref and t.event = e.seq and t.what = 'dossier.' || e.kind))
  union all select 'events of the trail that are gone', (select count(*) from told where what like 'dossier.%'),
    (select count(*) from told t where t.what like 'dossier.%' and not exists (select from dossier_event e join dossier d on d.id = e.dossier
      where d.ref = t.ref and e.seq = t.event and t.what = 'dossier.' || e.kind))
  union all select 'outcomes of messages that the trail does not know', (select count(*) from inbox where outcome is not null),
    (select count(*) from inbox i where i.outcome is not null and not exists (select from told t where t.inbox = i.id and t.what = 'message.' || i.outcome))
  union all select 'outcomes of the trail whose message is gone', (select count(*) from told where what like 'message.%'),
    (select count(*) from told t where t.what like 'message.%' and not exists (select from inbox i where i.id = t.inbox))
  union all select 'mails that the trail does not know', (select count(*) from outbox),
    (select count(*) from outbox o where not exists (select from told t where t.outbox = o.id and t.what = 'mail.decided')
       or (o.sent_digest is not null and not exists (select from told t where t.outbox = o.id and t.what = 'mail.sealed')))
  union all select 'mails of the trail that are gone', (select count(*) from told where what in ('mail.decided', 'mail.sealed')),
    (select count(*) from told t where (t.what = 'mail.decided' and not exists (select from outbox o where o.id = t.outbox))
       or (t.what = 'mail.sealed' and not exists (select from outbox o join sign_journal j on j.outbox = o.id where o.id = t.outbox
         and encode(j.sent_digest, 'hex') = t.detail->>'sent')))
  union all select 'attempts that the trail does not know', (select count(*) from outbox_attempt where result is not null),
    (select count(*) from outbox_attempt a where a.result is not null and not exists (select from told t
       where t.outbox = a.outbox and t.what = 'mail.attempt' and (t.detail->>'number')::integer = a.number))
  union all select 'acts that the trail does not know', (select count(*) from command),
    (select count(*) from command c where not exists (select from told t where t.what = 'asked.' || c.kind and (t.detail->>'command')::bigint = c.id))
  union all select 'erasures that the trail does not know', (select count(*) from erasure where done_at is not null),
    (select count(*) from erasure e where e.done_at is not null and not exists (select from told t where t.what = 'erasure.done' and (t.detail->>'erasure')::bigint = e.number))
  union all select 'erasures of the trail that are gone', (select count(*) from told where what = 'erasure.done'),
    (select count(*) from told t where t.what = 'erasure.done' and not exists (select from erasure e where e.number = (t.detail->>'erasure')::bigint and e.done_at is not null))
  union all select 'holds that the trail does not know', (select count(*) from hold),
    (select count(*) from hold h where not exists (select from told t where t.what = 'hold.set' and (t.detail->>'hold')::bigint = h.id)
       or (h.lifted_at is not null and not exists (select from told t where t.what = 'hold.lifted' and (t.detail->>'hold')::bigint = h.id)))
  union all select 'holds of the trail that are gone', (select count(*) from told where what in ('hold.set', 'hold.lifted')),
    (select count(*) from told t where t.what in ('hold.set', 'hold.lifted') and not exists (select from hold h where h.id = (t.detail->>'hold')::bigint
       and (t.what = 'hold.set' or h.lifted_at is not null)))
  union all select 'settled losses that the trail does not know', (select count(*) from missing_note),
    (select count(*) from missing_note m where not exists (select from told t where t.what = 'missing.noted' and t.inbox = m.inbox and (t.detail->>'at')::timestamptz = m.at))
$$;

-- ---------------------------------------------------------------- who may execute what
grant execute on function audit_wait, audit_link, checkpoint_due, checkpoint_late, checkpoint_unstamped, checkpoint_stamp, checkpoint_since to relais_refresher;
grant execute on function checkpoint_claim, checkpoint_done to relais_signer;
grant execute on function audit_refused to relais_receiver;
grant execute on function audit_access, audit_key_name, audit_known, audit_restored, audit_restores, audit_erased, audit_read, audit_list, audit_waiting, audit_sealed, audit_reconcile, checkpoint_ask, checkpoint_list,
  proof_of, proof_rows, proof_made, proof_row, proof_links, proof_received, proof_sent to relais_operator;
