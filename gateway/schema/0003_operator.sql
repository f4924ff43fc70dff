-- 0003: what the command line reads, the counts of reconcile, and who may execute what.

-- ---------------------------------------------------------------- nodes of several versions
-- The number of the oldest program's last file with which this database may still be worked on (gateway/gate.h). A migration that only adds leaves it; one
-- after which older programs would do wrong raises it, once every node runs the newer program.
create table schema_range (one boolean primary key default true check (one), oldest integer not null check (oldest > 0));
insert into schema_range (oldest) values (3);
create function schema_state() returns table (version integer, oldest integer)
language sql stable security definer set search_path = relais, pg_temp as $$
  select (select max(m.version) from migration m), r.oldest from schema_range r
$$;

-- ---------------------------------------------------------------- custody: what is kept how long, what is held back, what was erased
-- How long anything stays is the policy's to say (policy/retention); nothing here erases what is open, held or under way, whatever it is asked.

create function hold_set(dossier bigint, inbox bigint, reason text, actor text) returns bigint
language plpgsql security definer set search_path = relais, pg_temp as $$
declare given bigint;
begin
  if coalesce(trim(hold_set.reason), '') = '' then perform refuse('local.usage'); end if;
  -- Against an erasure that is about to begin, or to end: looked at behind it.
  perform pg_advisory_xact_lock(4721);
  if exists (select from dossier d where d.id = hold_set.dossier and d.erased is not null) or exists (select from inbox i where i.id = hold_set.inbox and i.erased is not null) then
    perform refuse('dossier.erased');
  end if;
  insert into hold (dossier, inbox, reason, actor) values (hold_set.dossier, hold_set.inbox, hold_set.reason, hold_set.actor) on conflict do nothing returning id into given;
  if given is null then perform refuse('hold.stands'); end if;
  perform tally_one('hold');
  return given;
end $$;
-- Two persons: who set it does not lift it.
create function hold_lift(dossier bigint, inbox bigint, reason text, actor text) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
declare h hold;
begin
  if coalesce(trim(hold_lift.reason), '') = '' then perform refuse('local.usage'); end if;
  select x.* into h from hold x where x.lifted_at is null and (x.dossier = hold_lift.dossier or x.inbox = hold_lift.inbox) for update;
  if h.id is null then perform refuse('local.not-found'); end if;
  if h.actor = hold_lift.actor then perform refuse('hold.same-person'); end if;
  update hold x set lifted_at = now(), lifted_by = hold_lift.actor, lift_reason = hold_lift.reason where x.id = h.id;
end $$;
create function hold_list(standing boolean) returns table (of text, reason text, actor text, set_at timestamptz, lifted_at timestamptz, lifted_by text, lift_reason text)
language sql stable security definer set search_path = relais, pg_temp as $$
  select coalesce(d.ref, 'R' || h.inbox), h.reason, h.actor, h.set_at, h.lifted_at, h.lifted_by, h.lift_reason from hold h left join dossier d on d.id = h.dossier
   where h.lifted_at is null or not hold_list.standing order by h.id
$$;

-- After a restore holds that were set since are forgotten: a person who knows of them looks at the list, and says how many there are. No erasure before.
create function hold_unseen() returns boolean
language sql stable security definer set search_path = relais, pg_temp as $$
  select exists (select from fence_history f where f.confirmed_at is null)
$$;
create function hold_confirm(standing bigint, actor text) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  perform pg_advisory_xact_lock(4721);
  if exists (select from fence) then perform refuse('store.earlier'); end if;
  if (select count(*) from hold h where h.lifted_at is null) is distinct from hold_confirm.standing then perform refuse('hold.unseen'); end if;
  update fence_history f set confirmed_at = now(), confirmed_by = left(hold_confirm.actor, 100), holds = hold_confirm.standing where f.confirmed_at is null;
end $$;
create function erasure_may() returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  if exists (select from fence) then perform refuse('store.earlier'); end if;
  if hold_unseen() then perform refuse('hold.unseen'); end if;
end $$;

-- One row an erasure, which is its certificate: numbered 1, 2, 3… without a gap but those that a restore leaves (fence_history), never changed once it is done. dossier null: messages and mails that no
-- dossier has, or a dossier that a database restored from a backup never knew. key: the keeper's own record of the key that it destroyed.
create table erasure (
  number bigint primary key check (number > 0),
  dossier bigint unique references dossier, ref text not null,
  rule text not null, actor text not null, begun_at timestamptz not null default now(),
  key jsonb, done_at timestamptz,
  messages bigint not null default 0, mails bigint not null default 0, events bigint not null default 0, documents bigint not null default 0, bytes bigint not null default 0
);

-- What came from or about the same patient, or for an address of his dossier, and no dossier has: refused, ignored, the same again, reports. held: what a
-- person has not decided on. Whole names alone: a mailbox that ends like his is another's. Not while another dossier of his stays.
create function apart_of_patient(d dossier, held boolean) returns bigint[] language sql stable set search_path = relais, pg_temp as $$
  select coalesce(array_agg(i.id), '{}') from inbox i
   where i.dossier is null and i.erased is null and message_names(i.mail_from, i.from_address, i.recipients, i.facts) && (select array(
       select lower(d.ins) where length(d.ins) > 5 union select lower(r.mailbox) from relay r where r.dossier = d.id and r.party = 'patient'
       union select lower(r.local) from relay r where r.dossier = d.id))
     and i.state = 'done' and (i.outcome = 'held') = apart_of_patient.held and not exists (select from dossier_event e where e.inbox = i.id)
     and not exists (select from hold h where h.inbox = i.id and h.lifted_at is null)
     and not exists (select from dossier x where x.ins = d.ins and x.ins <> '' and x.id <> d.id and x.erased is null)
$$;
create function dossier_under_way(dossier bigint) returns boolean language sql stable set search_path = relais, pg_temp as $$
  select exists (select from outbox o where o.dossier = dossier_under_way.dossier
                   and (o.state in ('decided', 'composed', 'sealed', 'sending') or not o.told and (o.state in ('accepted', 'failed') or o.state = 'cancelled' and o.stop is not null)))
      or exists (select from inbox i where i.dossier = dossier_under_way.dossier and (i.state <> 'done' or i.outcome = 'held'))
      or exists (select from command c where c.dossier = dossier_under_way.dossier and c.state = 'asked')
      or exists (select from dossier d where d.id = dossier_under_way.dossier and not d.open and (cardinality(apart_of_patient(d, true)) > 0
           or exists (select from outbox o where o.inbox = any (apart_of_patient(d, false)) and o.state in ('decided', 'composed', 'sealed', 'sending'))))
$$;
-- The messages that a dossier rests on.
create function dossier_rests_on(dossier bigint) returns setof bigint language sql stable set search_path = relais, pg_temp as $$
  select i.id from inbox i where i.dossier = dossier_rests_on.dossier
  union select e.inbox from dossier_event e where e.dossier = dossier_rests_on.dossier and e.inbox is not null
$$;

-- The others, not erased, that rest on the same messages.
create function dossier_shares(dossier bigint) returns setof bigint language sql stable set search_path = relais, pg_temp as $$
  select x.id from dossier x where x.erased is null and x.id <> dossier_shares.dossier and x.id in (
    select i.dossier from inbox i where i.id in (select dossier_rests_on(dossier_shares.dossier))
    union select e.dossier from dossier_event e where e.inbox in (select dossier_rests_on(dossier_shares.dossier)))
$$;
-- Whose keys must all be there for a hold to be promised: an erasure of it was begun, with all that rests on the same messages.
create function hold_asks(dossier bigint, inbox bigint) returns setof text
language sql stable security definer set search_path = relais, pg_temp as $$
  with begun as (select r.dossier as id from erasure r where r.done_at is null and (r.dossier = hold_asks.dossier or hold_asks.inbox in (select dossier_rests_on(r.dossier)))),
       messages as (select m.id from begun b, dossier_rests_on(b.id) m (id))
  select r.ref from erasure r where r.dossier in (select b.id from begun b union select i.dossier from inbox i join messages m on m.id = i.id
    union select e.dossier from dossier_event e join messages m on m.id = e.inbox)
$$;
create function dossier_held(dossier bigint) returns boolean language sql stable set search_path = relais, pg_temp as $$
  select exists (select from hold h where h.lifted_at is null and (h.dossier = dossier_held.dossier or h.inbox in (select dossier_rests_on(dossier_held.dossier))))
$$;

-- What the policy needs to know of each dossier that was not erased. born: as the request has it. shares: other dossiers that rest on the same messages.
create function retention_dossiers(after bigint, most bigint) returns table (id bigint, ref text, state text, open boolean, opinion boolean, last timestamptz, died timestamptz,
  ordered timestamptz, born text, held boolean, under_way boolean, shares bigint[], begun boolean)
language sql stable security definer set search_path = relais, pg_temp as $$
  select d.id, d.ref, d.state, d.open, exists (select from dossier_event e where e.dossier = d.id and e.kind in ('released', 'redirected')),
         coalesce((select max(e.at) from dossier_event e where e.dossier = d.id and e.kind not in ('mail_proof', 'mail_failed', 'mail_late', 'deadline_passed', 'archived', 'erased',
                     'erasure_answered', 'exported', 'frozen', 'unfrozen')), d.opened_at),
         (select min(e.at) from dossier_event e where e.dossier = d.id and e.kind = 'died'),
         (select min(e.at) from dossier_event e where e.dossier = d.id and e.kind = 'erased'),
         (select e.data->'patient'->>'birth_time' from dossier_event e where e.dossier = d.id and e.kind = 'requested' order by e.seq desc limit 1),
         dossier_held(d.id), dossier_under_way(d.id), array(select dossier_shares(d.id)),
         exists (select from erasure r where r.dossier = d.id)
    from dossier d where d.id > retention_dossiers.after and d.erased is null order by d.id limit retention_dossiers.most
$$;
-- The same of messages that no dossier has ('R'), and of mails that are of no dossier and about no message ('S').
create function retention_apart(after_in bigint, after_out bigint, most bigint) returns table (kind text, id bigint, last timestamptz, held boolean, open boolean, under_way boolean)
language sql stable security definer set search_path = relais, pg_temp as $$
  (select 'R', i.id, coalesce(i.decided_at, i.received_at), exists (select from hold h where h.inbox = i.id and h.lifted_at is null), coalesce(i.outcome = 'held', false),
          i.state <> 'done' or exists (select from outbox o where o.inbox = i.id and o.state in ('decided', 'composed', 'sealed', 'sending'))
             or exists (select from command c where c.inbox = i.id and c.state = 'asked')
     from inbox i where i.id > retention_apart.after_in and i.erased is null and i.dossier is null and not exists (select from dossier_event e where e.inbox = i.id)
    order by i.id limit retention_apart.most)
  union all
  (select 'S', o.id, coalesce(o.ended_at, o.created_at), false, false, o.state in ('decided', 'composed', 'sealed', 'sending')
     from outbox o where o.id > retention_apart.after_out and o.erased is null and o.dossier is null and o.inbox is null order by o.id limit retention_apart.most)
$$;

create function erasure_number(dossier bigint, ref text, rule text, actor text) returns bigint language plpgsql as $$
declare given bigint;
begin
  select greatest(coalesce((select max(e.number) from erasure e), 0), coalesce((select max(f.erasures) from fence_history f), 0)) + 1 into given;
  insert into erasure (number, dossier, ref, rule, actor) values (given, erasure_number.dossier, erasure_number.ref, erasure_number.rule, erasure_number.actor);
  perform tally_one('erasure');
  return given;
end $$;
-- Their numbers, in the same order: of all that rest on the same messages, or of none. From here on nobody adds anything to them. Asked twice: once to
-- write it down, and again in the transaction in which the keys are destroyed, because a hold that somebody set between the two counts; while that
-- transaction lasts hold_set waits. Begun before and cut off: the same number.
create function erasure_begin(dossiers bigint[], rules text[], actor text) returns setof bigint
language plpgsql security definer set search_path = relais, pg_temp as $$
declare d dossier; given bigint;
begin
  perform pg_advisory_xact_lock(4721);
  perform erasure_may();
  for i in 1 .. cardinality(dossiers) loop
    select x.* into d from dossier x where x.id = dossiers[i] for update;
    if d.id is null then perform refuse('local.not-found'); end if;
    if d.erased is not null then perform refuse('dossier.erased'); end if;
    if dossier_held(d.id) or exists (select from dossier_shares(d.id) x where dossier_held(x)) then perform refuse('hold.stands'); end if;
    if exists (select from dossier_shares(d.id) x where x <> all (dossiers)) then perform refuse('dossier.shared'); end if;
    select e.number into given from erasure e where e.dossier = d.id;
    if given is null then
      if d.open then perform refuse('dossier.order'); end if;
      if dossier_under_way(d.id) then perform refuse('store.conflict'); end if;
      given := erasure_number(d.id, d.ref, erasure_begin.rules[i], erasure_begin.actor);
    end if;
    return next given;
  end loop;
end $$;

-- Of an event that it happened, when, by whose rule, and what reconcile holds against the mails: numbers and words of our own tables.
create function event_bones(data jsonb) returns jsonb language sql immutable set search_path = relais, pg_temp as $$
  select jsonb_strip_nulls(jsonb_build_object(
    'mails', case jsonb_typeof(data->'mails') when 'number' then data->'mails' end, 'outbox', case when data->>'outbox' ~ '^\d{1,18}$' then data->'outbox' end,
    'level', case jsonb_typeof(data->'level') when 'number' then data->'level' end, 'code', case when data->>'code' ~ '^M\d{2,3}[A-Za-z]?$' then data->'code' end,
    'party', case when data->>'party' in ('patient', 'representative', 'other_parent', 'expert', 'standby', 'attending', 'first_opinion', 'requester', 'sender', 'nurses', 'none')
                  then data->'party' end))
$$;
-- Of what was found in a message: how many notices followed, the verdict on its signature, and by which certificates and lists.
create function facts_bones(facts jsonb) returns jsonb language sql immutable set search_path = relais, pg_temp as $$
  select case when facts is not null then jsonb_strip_nulls(jsonb_build_object('notices', facts->'notices', 'signature',
    case when facts ? 'signature' then jsonb_build_object('verdict', facts#>'{signature,verdict}', 'bound', facts#>'{signature,bound}', 'reason', facts#>'{signature,reason}',
      'material', facts#>'{signature,material}') end)) end
$$;

-- Takes the content of these messages, and of these mails with those about the messages. That there was a message or a mail stays, when, from which operator's
-- server and to which domain, how it was decided and by which rule, its proof, and the digests of the whole, by which the journals outside still find it.
create function erase_rows(number bigint, messages bigint[], mails bigint[]) returns void language plpgsql as $$
declare m integer; s integer; b bigint;
begin
  with taken as (
    delete from body_chunk c where c.body in (
      select i.body from inbox i where i.id = any (messages)
      union select o.entity from outbox o where o.entity is not null and (o.id = any (mails) or o.inbox = any (messages))) returning length(c.data) as len)
  select coalesce(sum(t.len), 0) into b from taken t;
  delete from outbox_envelope v using outbox o where o.id = v.outbox and o.erased is null and (o.id = any (mails) or o.inbox = any (messages));
  update outbox o set erased = erase_rows.number, effect = 'erased:' || o.id, recipient = '@' || o.domain, request = '{}', attach = '{}', look = null, looked = case when o.looked = 'held' then 'dropped' else o.looked end,
      head = case when o.head is not null then ''::bytea end, seal = case when o.seal is not null then ''::bytea end,
      sealed_to = case when o.sealed_to is not null then ''::bytea end, reply_text = null, queue_id = null,
      state = case when o.state in ('decided', 'composed', 'sealed', 'sending') then 'cancelled' else o.state end,
      reason = case when o.state in ('decided', 'composed', 'sealed', 'sending') then 'dossier.erased' else o.reason end,
      ended_at = coalesce(o.ended_at, now()), told = true, stop = null, session = null, frozen = false
   where o.erased is null and (o.id = any (mails) or o.inbox = any (messages));
  get diagnostics s = row_count;
  update inbox i set erased = erase_rows.number, mail_from = case when i.mail_from = '' then '' else '@' || lower(substring(i.mail_from from '[^@]*$')) end, recipients = '{}',
      params = case when i.params #> '{tls,path}' is not null then jsonb_build_object('tls', jsonb_build_object('path', i.params #> '{tls,path}')) else '{}' end,
      account = case when i.account is not null then '' end, peer_name = case when i.source = 'smtp' then i.peer_name end, peer_address = null, helo = null,
      message_id = null, from_address = null, entity_digest = null, facts = facts_bones(i.facts),
      state = 'done', outcome = coalesce(case when i.outcome <> 'held' then i.outcome end, 'ignored'),
      reason = case when i.outcome is null or i.outcome = 'held' then 'dossier.erased' else i.reason end, session = null, decided_at = coalesce(i.decided_at, now())
   where i.id = any (messages) and i.erased is null;
  get diagnostics m = row_count;
  update command c set args = '{}', state = 'done', reason = coalesce(c.reason, 'dossier.erased'), done_at = coalesce(c.done_at, now())
   where c.inbox = any (messages) or c.outbox in (select o.id from outbox o where o.erased = erase_rows.number);
  update hold h set reason = '', lift_reason = case when h.lift_reason is not null then '' end where h.inbox = any (messages);
  update erasure e set messages = e.messages + m, mails = e.mails + s, bytes = e.bytes + b where e.number = erase_rows.number;
end $$;

-- The whole of it, in one transaction, once the keeper has destroyed the dossier's key (its record is `key`). Again: nothing.
create function erasure_end(number bigint, key jsonb) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
declare r erasure; d dossier; messages bigint[]; n integer;
begin
  perform pg_advisory_xact_lock(4721);
  select x.* into r from erasure x where x.number = erasure_end.number for update;
  if r.number is null then perform refuse('local.not-found'); end if;
  if r.done_at is not null then return; end if;
  select x.* into d from dossier x where x.id = r.dossier for update;
  if d.id is not null then
    messages := array(select m.id from inbox m where m.id in (select dossier_rests_on(d.id)) and m.erased is null
      and not exists (select from dossier x where x.erased is null and x.id <> d.id and (x.id = m.dossier or exists (select from dossier_event e where e.inbox = m.id and e.dossier = x.id))))
      || apart_of_patient(d, false)
      -- What a person had yet to decide on when the backup was made was decided since, before the key was destroyed.
      || case when r.rule = 'retention.again/1' then apart_of_patient(d, true) else '{}' end;
    perform erase_rows(r.number, messages, array(select o.id from outbox o where o.dossier = d.id));
    update dossier_event e set data = event_bones(e.data), actor = case when e.actor like 'operator:%' then e.actor else split_part(e.actor, ':', 1) end where e.dossier = d.id;
    get diagnostics n = row_count;
    update erasure x set events = n where x.number = r.number;
    insert into dossier_event (dossier, seq, at, kind, actor, rule) values (d.id, d.events + 1, instant(), 'erased', 'operator:' || r.actor, r.rule);
    -- A key that says nothing takes the place of what named the document.
    update dossier_document x set document = 'erased:' || y.n, version_of = null, digest = '', type = null, title = null
      from (select z.document, row_number() over (order by z.document) as n from dossier_document z where z.dossier = d.id) y where x.dossier = d.id and x.document = y.document;
    get diagnostics n = row_count;
    update erasure x set documents = n where x.number = r.number;
    update sent_before x set queue_id = null where x.ref = d.ref;
    delete from relay x where x.dossier = d.id;
    delete from dossier_task t where t.dossier = d.id;
    delete from directory_touched t where t.dossier = d.id;
    update command c set args = '{}', state = 'done', reason = coalesce(c.reason, 'dossier.erased'), done_at = coalesce(c.done_at, now()) where c.dossier = d.id;
    update hold h set reason = '', lift_reason = case when h.lift_reason is not null then '' end where h.dossier = d.id;
    update dossier x set ins = '', oid = '', born = null, pathology = '', state = 'erased', open = false, expert = null, asked = null, next_due = null, events = d.events + 1, erased = r.number
     where x.id = d.id;
  end if;
  update erasure x set key = erasure_end.key, done_at = now() where x.number = r.number;
end $$;

-- Messages and mails of no dossier whose time is over, under one number; what is held, open or under way among them is left. How many went; 0: no number.
create function erasure_apart(messages bigint[], mails bigint[], rule text, actor text) returns bigint
language plpgsql security definer set search_path = relais, pg_temp as $$
declare given bigint; rows bigint[]; outs bigint[];
begin
  perform pg_advisory_xact_lock(4721);
  perform erasure_may();
  rows := array(select i.id from inbox i where i.id = any (erasure_apart.messages) and i.erased is null and i.state = 'done' and i.outcome <> 'held' and i.dossier is null
    and not exists (select from dossier_event e where e.inbox = i.id) and not exists (select from hold h where h.inbox = i.id and h.lifted_at is null)
    and not exists (select from outbox o where o.inbox = i.id and o.state in ('decided', 'composed', 'sealed', 'sending'))
    and not exists (select from command c where c.inbox = i.id and c.state = 'asked') for update);
  outs := array(select o.id from outbox o where o.id = any (erasure_apart.mails) and o.erased is null and o.dossier is null and o.inbox is null
    and o.state in ('accepted', 'failed', 'cancelled') for update);
  if cardinality(rows) + cardinality(outs) = 0 then return 0; end if;
  given := erasure_number(null, 'apart', erasure_apart.rule, erasure_apart.actor);
  perform erase_rows(given, rows, outs);
  update erasure e set done_at = now() where e.number = given;
  return cardinality(rows) + cardinality(outs);
end $$;

-- The keeper has destroyed the key of that dossier, and this database does not know of it: it was restored from an older backup, or the work was cut off. What
-- it has of the dossier is erased now, open or not; of one that it never knew the erasure alone is kept.
create function erasure_again(ref text, actor text, key jsonb) returns bigint
language plpgsql security definer set search_path = relais, pg_temp as $$
declare d dossier; given bigint;
begin
  perform pg_advisory_xact_lock(4721);
  select x.* into d from dossier x where x.ref = erasure_again.ref for update;
  select e.number into given from erasure e where e.ref = erasure_again.ref and (e.dossier = d.id or d.id is null);
  if given is null then
    given := erasure_number(d.id, erasure_again.ref, 'retention.again/1', erasure_again.actor);
  end if;
  perform erasure_end(given, erasure_again.key);
  return given;
end $$;
-- Of the keeper's list ([{"ref", "n", "at"}]), the dossiers that are not erased here; begun: nor begun.
create function erasure_unknown(list jsonb, begun boolean) returns table (ref text, record jsonb)
language sql stable security definer set search_path = relais, pg_temp as $$
  select distinct on (x.ref) x.ref, jsonb_build_object('n', x.n, 'at', x.at) from jsonb_to_recordset(erasure_unknown.list) x (ref text, n bigint, at text)
   where not exists (select from erasure e where e.ref = x.ref and (e.done_at is not null or erasure_unknown.begun)) order by x.ref, x.n
$$;
create function erasure_list() returns table (number bigint, ref text, rule text, actor text, begun_at timestamptz, done_at timestamptz, messages bigint, mails bigint, events bigint,
  documents bigint, bytes bigint, key jsonb)
language sql stable security definer set search_path = relais, pg_temp as $$
  select e.number, e.ref, e.rule, e.actor, e.begun_at, e.done_at, e.messages, e.mails, e.events, e.documents, e.bytes, e.key from erasure e order by e.number
$$;

-- What must hold after an erasure, for reconcile: each row that says it is erased has no content, and its certificate.
create function erasure_left() returns table (name text, counted bigint, bad bigint)
language sql stable set search_path = relais, pg_temp as $$
  select 'erased message that has content', (select count(*) from inbox where erased is not null), (select count(*) from inbox i where i.erased is not null
    and (i.mail_from like '_%@%' or i.recipients <> '{}' or i.params - 'tls' <> '{}' or i.account <> '' or i.peer_address is not null or i.helo is not null or i.message_id is not null
      or i.from_address is not null or i.entity_digest is not null or i.facts is distinct from facts_bones(i.facts) or exists (select from body_chunk c where c.body = i.body)
      or i.state <> 'done' or not exists (select from erasure e where e.number = i.erased)))
  union all select 'erased mail that has content', (select count(*) from outbox where erased is not null), (select count(*) from outbox o where o.erased is not null
    and (o.effect <> 'erased:' || o.id or o.recipient <> '@' || o.domain or o.request <> '{}' or o.attach <> '{}' or o.look is not null or length(o.head) > 0 or length(o.seal) > 0 or length(o.sealed_to) > 0 or o.reply_text is not null
      or o.queue_id is not null or o.state in ('decided', 'composed', 'sealed', 'sending') or exists (select from body_chunk c where c.body = o.entity) or exists (select from outbox_envelope v where v.outbox = o.id)
      or not exists (select from erasure e where e.number = o.erased)))
  union all select 'erased dossier that has content', (select count(*) from dossier where erased is not null), (select count(*) from dossier d where d.erased is not null
    and (d.ins <> '' or d.oid <> '' or d.born is not null or d.pathology <> '' or d.state <> 'erased' or d.open or d.expert is not null or d.next_due is not null
      or not exists (select from erasure e where e.number = d.erased and e.dossier = d.id and e.done_at is not null)
      or exists (select from dossier_event e where e.dossier = d.id and e.data <> event_bones(e.data))
      or exists (select from dossier_document x where x.dossier = d.id and (x.document !~ '^erased:\d+$' or x.digest <> '' or x.type is not null or x.title is not null))
      or exists (select from relay r where r.dossier = d.id) or exists (select from dossier_task t where t.dossier = d.id)
      or exists (select from outbox o where o.dossier = d.id and o.erased is null) or exists (select from inbox i where i.dossier = d.id and i.erased is null
           and not exists (select from dossier x, dossier_event e where e.inbox = i.id and x.id = e.dossier and x.erased is null))
      or exists (select from command c where c.dossier = d.id and c.args <> '{}')))
  union all select 'erasures, each with its number', (select count(*) from erasure), abs((select count(*) from erasure) - coalesce((select n from tally where what = 'erasure'), 0))
    + (select count(*) from erasure e where e.number > 1 and not exists (select from erasure x where x.number = e.number - 1)
         and not exists (select from fence_history f where f.erasures = e.number - 1))
    + (select count(*) from erasure e where e.done_at is not null and e.dossier is not null and not exists (select from dossier d where d.id = e.dossier and d.erased = e.number))
  union all select 'erasures begun and not ended', (select count(*) from erasure), (select count(*) from erasure where done_at is null and begun_at < now() - interval '1 hour')
  union all select 'legal holds', (select count(*) from hold), abs((select count(*) from hold) - coalesce((select n from tally where what = 'hold'), 0))
    + (select count(*) from hold h where h.reason <> '' and (exists (select from dossier d where d.id = h.dossier and d.erased is not null) or exists (select from inbox i where i.id = h.inbox and i.erased is not null)))
$$;

create function dossier_list(open_only boolean) returns table (ref text, state text, pathology text, opened_at timestamptz, complete_at timestamptz, due_at timestamptz, expert text, events integer)
language sql stable security definer set search_path = relais, pg_temp as $$
  select ref, state, pathology, opened_at, complete_at, due_at, expert, events from dossier where open or not open_only order by id
$$;
create function dossier_history(dossier bigint) returns table (seq integer, at timestamptz, kind text, data jsonb, actor text, rule text, inbox bigint)
language sql stable security definer set search_path = relais, pg_temp as $$
  select e.seq, e.at, e.kind, e.data, e.actor, e.rule, e.inbox from dossier_event e where e.dossier = dossier_history.dossier order by e.seq
$$;
-- The proof of each: what the mail itself proved, or a person since (a call in which it was read, a letter that was signed for), of the last that was
-- decided before.
create function dossier_mails(dossier bigint) returns table (outbox bigint, code text, party text, state text, proof integer, created_at timestamptz, ended_at timestamptz, message_id text, host text, reply_code integer, reason text, event bigint)
language sql stable security definer set search_path = relais, pg_temp as $$
  select id, code, party, state, greatest(o.proof, (select max((e.data->>'level')::integer) from dossier_event e
           where e.dossier = o.dossier and e.kind = 'mail_proof' and e.inbox is null and not e.data ? 'outbox' and e.data->>'code' = o.code and e.data->>'party' = o.party
             and e.seq > o.event and not exists (select from outbox n where n.dossier = o.dossier and n.code = o.code and n.party = o.party and n.id > o.id and n.event < e.seq))),
         created_at, ended_at, message_id, host, reply_code, reason, event from outbox o where o.dossier = dossier_mails.dossier order by id
$$;
create function dossier_messages(dossier bigint) returns table (inbox bigint, received_at timestamptz, source text, class text, outcome text, reason text, message_id text)
language sql stable security definer set search_path = relais, pg_temp as $$
  select id, received_at, source, class, outcome, reason, message_id from inbox i where i.dossier = dossier_messages.dossier order by id
$$;
-- What a copy of a dossier is made of (relais dossier export), and who could see what (relais dossier seen).
create function dossier_sent(dossier bigint) returns table (outbox bigint, code text, party text, recipient text, channel text, form text, state text, proof bigint, created_at timestamptz,
  sealed_at timestamptz, ended_at timestamptz, message_id text, host text, queue_id text, reply_code integer, enhanced text, reply_text text, tls jsonb, reason text, event bigint,
  attach jsonb, version bigint, proved bigint, head bytea, entity bigint, seal bytea, sent_digest bytea, attempts jsonb)
language sql stable security definer set search_path = relais, pg_temp as $$
  -- proof is the mail's own: 0, it never left; proved is what dossier_mails tells. Of a mail that left encrypted the digest is that of the signed mail inside.
  select o.id, o.code, o.party, o.recipient, o.channel, o.form, o.state, o.proof::bigint, o.created_at, o.sealed_at, o.ended_at, o.message_id, o.host, o.queue_id, o.reply_code, o.enhanced,
         o.reply_text, o.tls, o.reason, o.event, o.attach, coalesce((o.request->'report'->>'version')::bigint, 0), m.proof::bigint, o.head, o.entity, o.seal, coalesce(o.sealed_digest, o.sent_digest),
         (select coalesce(jsonb_agg(to_jsonb(a) - 'outbox' order by a.number), '[]') from outbox_attempt a where a.outbox = o.id)
    from outbox o join dossier_mails(dossier_sent.dossier) m on m.outbox = o.id order by o.id
$$;
create function dossier_received(dossier bigint) returns table (inbox bigint, received_at timestamptz, source text, mail_from text, recipients text[], peer_name text, from_address text,
  message_id text, class text, outcome text, reason text, rule text, body bigint, size bigint, digest text, actor text, documents jsonb, signature jsonb)
language sql stable security definer set search_path = relais, pg_temp as $$
  select i.id, i.received_at, i.source, i.mail_from, i.recipients, i.peer_name, i.from_address, i.message_id, i.class, i.outcome, i.reason, i.rule, b.id, b.size, encode(b.digest, 'hex'),
         coalesce((select e.actor from dossier_event e where e.dossier = i.dossier and e.inbox = i.id order by e.seq limit 1), ''),
         coalesce(i.facts->'documents', '[]'), i.facts->'signature'
    from inbox i join body b on b.id = i.body where i.dossier = dossier_received.dossier and i.complete order by i.id
$$;

create function trace_inbox(wanted text) returns table (inbox bigint, received_at timestamptz, source text, account text, peer_name text, size bigint, digest bytea, state text, class text,
  outcome text, reason text, owner text, rule text, ref text, message_id text, signature jsonb, tries integer,
  trust bigint, trust_generated_at timestamptz, trust_digest text, antivirus text, virus text, erased bigint)
language sql stable security definer set search_path = relais, pg_temp as $$
  select i.id, i.received_at, i.source, i.account, i.peer_name, b.size, b.digest, i.state, i.class, i.outcome, i.reason, i.owner, i.rule, d.ref, i.message_id,
         i.facts->'signature', i.tries, i.trust, t.generated_at, encode(t.digest, 'hex'), i.facts->'antivirus'->>'verdict', i.facts->'antivirus'->>'name', i.erased
    from inbox i join body b on b.id = i.body left join dossier d on d.id = i.dossier left join trust_import t on t.id = i.trust
   where i.message_id = wanted or 'R' || i.id = upper(wanted) order by i.id
$$;
create function trace_outbox(wanted text) returns table (outbox bigint, code text, party text, state text, proof integer, created_at timestamptz, composed_at timestamptz, sealed_at timestamptz,
  ended_at timestamptz, host text, reply_code integer, enhanced text, queue_id text, tls jsonb, reason text, ref text, message_id text, sent_digest bytea, attempts bigint, inbox bigint, looked text, names text, unread bigint, antivirus text, virus text, erased bigint)
language sql stable security definer set search_path = relais, pg_temp as $$
  select o.id, o.code, o.party, o.state, o.proof, o.created_at, o.composed_at, o.sealed_at, o.ended_at, o.host, o.reply_code, o.enhanced, o.queue_id, o.tls, o.reason,
         d.ref, o.message_id, o.sent_digest, (select count(*) from outbox_attempt a where a.outbox = o.id), o.inbox,
         o.looked, o.look->>'ref', nullif((o.look->>'unread')::bigint, 0), o.look->>'antivirus', o.look->>'virus', o.erased
    from outbox o left join dossier d on d.id = o.dossier
   where o.message_id = wanted or 'S' || o.id = upper(wanted)
      or o.inbox in (select i.id from inbox i where i.message_id = wanted or 'R' || i.id = upper(wanted)) order by o.id
$$;

-- What `relais recheck` needs: the message, the verdict as it was given, and the pieces that verdict names.
create function recheck_get(inbox bigint) returns table (body bigint, received_at timestamptz, source text, mail_from text, signature jsonb, digest text, opened boolean)
language sql stable security definer set search_path = relais, pg_temp as $$
  select i.body, i.received_at, i.source, i.mail_from, i.facts->'signature', i.facts->>'digest', i.facts ? 'opened' from inbox i where i.id = recheck_get.inbox
$$;
create function material_get(digests text[]) returns table (digest text, kind text, der bytea)
language sql stable security definer set search_path = relais, pg_temp as $$
  select encode(m.digest, 'hex'), m.kind, m.der from trust_material m where m.digest in (select decode(d, 'hex') from unnest(material_get.digests) d)
$$;

create function queue_list(failed boolean) returns table (id text, what text, state text, since timestamptz, next_at timestamptz, tries integer, reason text, ref text, domain text, late_since timestamptz)
language sql stable security definer set search_path = relais, pg_temp as $$
  select 'R' || i.id, coalesce(i.class, 'message'), i.state, i.received_at, nullif(i.not_before, '-infinity'), i.tries, i.reason, null, null, null from inbox i where i.state <> 'done' and not failed
  union all
  select 'S' || o.id, o.code, o.state, o.created_at, case when o.frozen then 'infinity' else nullif(o.next_at, '-infinity') end, o.tries, o.reason, d.ref, o.domain, o.warned_at
    from outbox o left join dossier d on d.id = o.dossier
   where case when failed then o.state = 'failed' else o.state in ('decided', 'composed', 'sealed', 'sending') end
$$;
create function quarantine_list() returns table (id text, received_at timestamptz, class text, reason text, owner text, ref text, message_id text)
language sql stable security definer set search_path = relais, pg_temp as $$
  select 'R' || i.id, i.received_at, i.class, i.reason, i.owner, d.ref, i.message_id from inbox i left join dossier d on d.id = i.dossier where i.outcome = 'held' order by i.id
$$;
-- What people have to do, most pressing first: about dossiers, and with messages that were kept apart (what the words of an emergency kept
-- apart stands first). owner null: everybody's.
create function task_list(owner text) returns table (ref text, name text, since timestamptz, due timestamptz, late boolean, owners text[], rank integer, state text, promised_at timestamptz)
language sql stable security definer set search_path = relais, pg_temp as $$
  select * from (
    select d.ref, t.name, t.since, t.due, t.late or coalesce(t.due <= instant(), false) as late, t.owners, t.rank, d.state, d.due_at
      from dossier_task t join dossier d on d.id = t.dossier
    union all
    select coalesce(d.ref, '') || ' S' || o.id, o.reason, o.created_at, null, o.warned_at is not null, array['operator'], 2, d.state, d.due_at
      from outbox o left join dossier d on d.id = o.dossier where o.state = 'composed' and o.reason in ('sign.certificate', 'sign.tries')
    union all
    select coalesce(d.ref, '') || ' R' || i.id, i.reason, i.received_at, null, false, array[i.owner], case i.reason when 'reply.urgent' then 0 else 2 end, d.state, d.due_at
      from inbox i left join dossier d on d.id = i.dossier where i.outcome = 'held') x (ref, name, since, due, late, owners, rank, state, promised_at)
   where task_list.owner is null or task_list.owner = any (x.owners)
   order by x.rank, x.late desc, x.since
$$;
-- For the hours in which the gateway is down: the open dossiers whose promise ends within two days or has ended, with who holds each. No patient's name.
create function phone_list() returns table (ref text, state text, promised_at timestamptz, expert text, organisation text)
language sql stable security definer set search_path = relais, pg_temp as $$
  select d.ref, d.state, d.due_at, trim(concat_ws(' ', x.data->>'title', x.data->>'given', x.data->>'family')), x.data->>'organisation'
    from dossier d left join expert x on x.rpps = d.expert and x.active
   where d.open and d.due_at <= (select instant()) + interval '2 days' order by d.due_at, d.id
$$;
-- The figures of a day (M95): between two instants of the real clock, and what stands now. Counts alone, each by an index: the past may be long.
create function service_figures(since timestamptz, until timestamptz, out received bigint, out refused bigint, out sent bigint, out failed bigint, out waiting bigint,
  out oldest timestamptz, out held bigint, out opened bigint, out released bigint, out open_dossiers bigint, out late bigint, out alarms bigint)
language plpgsql security definer set search_path = relais, pg_temp as $$
declare here timestamptz := instant(); ahead interval := here - clock_timestamp();
begin
  select count(*), count(*) filter (where i.outcome = 'refused') into received, refused from inbox i where i.received_at >= since and i.received_at < until;
  select count(*) filter (where o.state = 'accepted'), count(*) filter (where o.state = 'failed') into sent, failed
    from outbox o where o.state in ('accepted', 'failed') and o.ended_at >= since and o.ended_at < until;
  -- Told of as late, or not: each half has its index.
  select sum(x.n), min(x.oldest) into waiting, oldest from (
    select count(*) as n, min(o.created_at) as oldest from outbox o where o.state in ('decided', 'composed', 'sealed', 'sending') and o.warned_at is null
    union all
    select count(*), min(o.created_at) from outbox o where o.state in ('decided', 'composed', 'sealed', 'sending') and o.warned_at is not null) x;
  select count(*) into held from inbox i where i.outcome = 'held';
  select count(*) filter (where e.kind = 'requested'), count(*) filter (where e.kind = 'released') into opened, released
    from dossier_event e where e.kind in ('requested', 'released') and e.at >= since + ahead and e.at < until + ahead;
  select count(*), count(*) filter (where d.due_at < here) into open_dossiers, late from dossier d where d.open;
  select count(*) into alarms from alarm a where a.cleared_at is null;
end $$;
-- A mail that failed takes up where it stood; one that was cancelled stays so. Attempts at sending are counted on: each has its own row.
-- Null: there is no such mail; false: it is over.
create function outbox_retry(outbox bigint) returns boolean
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  if not exists (select from outbox o where o.id = outbox_retry.outbox) then return null; end if;
  perform outbox_unseal(outbox_retry.outbox);
  update outbox o set next_at = now(), tries = case when o.sent_digest is null then 0 else o.tries end, told = false, ended_at = null,
    state = case when o.sent_digest is not null then 'sealed' when o.entity is not null then 'composed' else 'decided' end
   where o.id = outbox_retry.outbox and o.state in ('decided', 'composed', 'sealed', 'failed') and o.looked is distinct from 'held' and o.erased is null;
  if found then perform tell('inbox'), tell('signer'), tell('outbox'); end if;
  return found;
end $$;

-- One line a check; bad = 0 when it holds. Each counts from evidence of its own, never by subtraction. deep reads every byte kept.
create function reconcile(deep boolean) returns table (name text, counted bigint, bad bigint)
language sql stable security definer set search_path = relais, pg_temp as $$
  select 'inbox.' || coalesce(outcome, state), count(*), 0::bigint from inbox group by 1
  union all select 'outbox.' || state, count(*), 0 from outbox group by 1
  union all select 'inbox without its whole body', (select count(*) from inbox),
    (select count(*) from inbox i where i.complete and i.erased is null and body_check(i.body, deep) is not true)
  union all select 'mail without its composed body', (select count(*) from outbox where entity is not null),
    (select count(*) from outbox o where o.entity is not null and o.erased is null and body_check(o.entity, deep) is not true)
  union all select 'body that no message and no mail has', (select count(*) from body),
    (select count(*) from body b where not exists (select from inbox i where i.body = b.id) and not exists (select from outbox o where o.entity = b.id))
  union all select 'body of a dossier that is not under the dossier''s key', (select count(*) from body),
    (select count(*) from body b left join inbox i on i.body = b.id left join outbox o on o.entity = b.id join dossier d on d.id = coalesce(i.dossier, o.dossier)
      where b.key_name <> 'dossier:' || d.ref and case when i.id is not null then i.state = 'done' and i.outcome <> 'held' and i.erased is null else o.erased is null end
        -- The keeper has a minute of its own life for that: not of a backup's age.
        and (b.key_name not like 'intake:%' or coalesce(i.decided_at, o.composed_at) < least(now(), (select k.seen_at from keeper_state k)) - interval '1 minute'))
  union all select 'rows of a body that is gone', (select count(*) from body_chunk),
    (select count(*) from body_chunk c where not exists (select from body b where b.id = c.body))
  union all select 'filed message without its event', (select count(*) from inbox where outcome in ('filed', 'applied')),
    (select count(*) from inbox i where i.outcome in ('filed', 'applied') and i.class is distinct from 'report'
       and not exists (select from dossier_event e where e.dossier = i.dossier and e.inbox = i.id))
  union all select 'dossier with a gap in its events', (select count(*) from dossier),
    (select count(*) from dossier d where d.events = 0 or d.events <> (select count(*) from dossier_event e where e.dossier = d.id))
  union all select 'event of a dossier that is gone', (select count(*) from dossier_event),
    (select count(*) from dossier_event e where not exists (select from dossier d where d.id = e.dossier))
  union all select 'event of a message that is gone', (select count(*) from dossier_event where inbox is not null),
    (select count(*) from dossier_event e where e.inbox is not null and not exists (select from inbox i where i.id = e.inbox))
  union all select 'event of a mail that is gone', (select count(*) from dossier_event where data ? 'outbox'),
    (select count(*) from dossier_event e where e.data ? 'outbox' and not exists (select from outbox o where o.id = (e.data->>'outbox')::bigint))
  union all select 'document_filed events against documents', (select count(*) from dossier_document),
    (select count(*) from (select dossier, count(*) as n from dossier_event where kind = 'document_filed' group by 1) e
       full join (select dossier, count(*) as n from dossier_document group by 1) d using (dossier) where e.n is distinct from d.n)
  union all select 'document_withdrawn events against documents', (select count(*) from dossier_document where withdrawn),
    (select count(*) from (select dossier, data->>'id' as document from dossier_event v where kind = 'document_withdrawn' and not exists (select from dossier x where x.id = v.dossier and x.erased is not null)) e
       full join (select dossier, document from dossier_document v where withdrawn and not exists (select from dossier x where x.id = v.dossier and x.erased is not null)) d using (dossier, document) where e.document is null or d.document is null)
  union all select 'mails decided by events against outbox', (select count(*) from outbox where event is not null),
    (select count(*) from dossier_event e where (e.data->>'mails')::integer is distinct from null
       and (e.data->>'mails')::integer <> (select count(*) from outbox o where o.dossier = e.dossier and o.event = e.seq))
  union all select 'notices decided for messages against outbox', (select count(*) from outbox where event is null and inbox is not null),
    (select count(*) from inbox i where (i.facts->>'notices')::integer is distinct from null
       and (i.facts->>'notices')::integer <> (select count(*) from outbox o where o.inbox = i.id and o.event is null))
  union all select 'service mails to our own people, experts and partners', (select count(*) from outbox where event is null and inbox is null),
    abs((select count(*) from outbox where event is null and inbox is null) - coalesce((select n from tally where what = 'service'), 0))
  union all select 'mail about a message that is gone', (select count(*) from outbox where inbox is not null),
    (select count(*) from outbox o where o.inbox is not null and not exists (select from inbox i where i.id = o.inbox))
  union all select 'mail whose reply address is gone', (select count(*) from outbox where dossier is not null and request->>'reply_to' is not null),
    (select count(*) from outbox o where o.dossier is not null and o.request->>'reply_to' is not null
       and not exists (select from relay r where r.local = split_part(o.request->>'reply_to', '@', 1)))
  union all select 'sealed mail against the signer''s journal', (select count(*) from outbox where sent_digest is not null),
    (select count(*) from outbox o where o.sent_digest is not null and not exists (select from sign_journal j join body b on b.id = o.entity
       where j.outbox = o.id and j.sent_digest = o.sent_digest and j.entity_digest = b.digest))
  union all select 'encrypted mail without its whole envelope', (select count(*) from outbox where encrypted is not null),
    (select count(*) from outbox o where o.encrypted is not null and o.erased is null and o.envelope_size is distinct from (select sum(length(e.data)) from outbox_envelope e where e.outbox = o.id))
  union all select 'signer''s journal of a mail that is gone', (select count(*) from sign_journal),
    (select count(*) from sign_journal j where not exists (select from outbox o where o.id = j.outbox))
  union all select 'sealed mail against its attempts', (select count(*) from outbox_attempt),
    (select count(*) from outbox o where o.sent_digest is not null and o.tries <> (select count(*) from outbox_attempt a where a.outbox = o.id))
  union all select 'ended mail without its attempt', (select count(*) from outbox where state = 'accepted'),
    (select count(*) from outbox o where o.state = 'accepted' and not exists (select from outbox_attempt a where a.outbox = o.id and a.result = 'accepted'))
  union all select 'attempt of a mail that is gone', (select count(*) from outbox_attempt),
    (select count(*) from outbox_attempt a where not exists (select from outbox o where o.id = a.outbox))
  union all select 'mail ended that its dossier does not know', (select count(*) from outbox where told),
    (select count(*) from outbox o where o.told and o.dossier is not null and o.state = 'accepted'
       and not exists (select from dossier_event e where e.dossier = o.dossier and e.kind in ('mail_proof', 'mail_failed') and (e.data->>'outbox')::bigint = o.id))
  union all select 'late mail that its dossier does not know', (select count(*) from outbox where warned_at is not null),
    (select count(*) from outbox o where o.warned_at is not null and o.dossier is not null
       and not exists (select from dossier_event e where e.dossier = o.dossier and e.kind = 'mail_late' and (e.data->>'outbox')::bigint = o.id))
  union all select 'mail of a dossier that nobody searched for others', (select count(*) from outbox where looked is not null),
    (select count(*) from outbox o where o.dossier is not null and o.form = 'signed' and o.entity is not null and coalesce(o.looked, 'held') not in ('clear', 'let-go'))
  union all select 'mail that waits for a person, and its dossier does not know', (select count(*) from outbox where looked = 'held'),
    (select count(*) from outbox o where o.looked = 'held' and not exists (select from dossier_event e where e.dossier = o.dossier
       and e.kind = 'mail_stopped' and e.data->>'id' = 'S' || o.id))
  union all select 'held message without an owner', (select count(*) from inbox where outcome = 'held'), (select count(*) from inbox where outcome = 'held' and owner is null)
  union all select 'collected beyond the cursor', (select count(*) from inbox where source = 'imap'),
    (select count(*) from inbox i where i.source = 'imap' and not exists (select from collect_cursor c
       where c.mailbox = i.mailbox and (c.uidvalidity <> i.uidvalidity or i.id <= c.until or c.uid >= i.uid)))
  union all select 'verdict whose material is gone', (select count(*) from inbox i where exists (select from material_named(i.facts, i.params))),
    (select count(*) from inbox i where exists (select from material_named(i.facts, i.params) d where not exists (select from trust_material m where m.digest = d)))
  union all select 'material of verdicts, gone or altered', (select count(*) from trust_material),
    abs((select count(*) from trust_material) - coalesce((select n from tally where what = 'trust_material'), 0))
    + case when deep then (select count(*) from trust_material m where m.digest <> sha256(m.der)) else 0 end
  union all select 'white lists that were in force', (select count(*) from trust_import),
    abs((select count(*) from trust_import) - coalesce((select n from tally where what = 'trust_import'), 0))
  union all select 'white list in force against its imports', (select count(*) from trust_peer),
    abs((select count(*) from trust_peer) - coalesce((select sum(added) - sum(removed) from trust_import), 0))
  union all select 'pairs that the white list lost against its imports', (select count(*) from trust_past),
    abs((select count(*) from trust_past) - coalesce((select sum(removed) from trust_import), 0))
  union all select 'message from a peer that the white list of its day did not name', (select count(*) from inbox where source = 'smtp'),
    (select count(*) from inbox i where i.source = 'smtp'
       and (not exists (select from trust_import t where t.id = i.trust)
            -- asked at MAIL, noted at the end of the data: a list that came between the two does not count
            or not (exists (select from trust_peer p where p.name = i.peer_name and p.listed_at <= i.received_at + interval '1 hour'
                      and (i.mail_from = '' or p.domain = lower(substring(i.mail_from from '[^@]*$'))))
                 or exists (select from trust_past p where p.name = i.peer_name and p.listed_at <= i.received_at + interval '1 hour'
                      and p.ended_at >= i.received_at - interval '1 hour'
                      and (i.mail_from = '' or p.domain = lower(substring(i.mail_from from '[^@]*$')))))))
  union all select 'extracts of the directory', (select count(*) from directory_import),
    abs((select count(*) from directory_import) - coalesce((select n from tally where what = 'directory_import'), 0))
  union all select 'lines of the directory against its extracts', (select count(*) from directory_entry),
    abs((select count(*) from directory_entry) - coalesce((select sum(added) - sum(removed) from directory_import), 0))
  union all select 'lines that left the directory against its extracts', (select count(*) from directory_past),
    abs((select count(*) from directory_past) - coalesce((select sum(removed) from directory_import), 0))
  union all select 'mailboxes that people vouched for', (select count(*) from directory_confirmed),
    abs((select count(*) from directory_confirmed) - coalesce((select n from tally where what = 'directory_confirmed'), 0))
  union all select * from erasure_left()
  union all select 'fees in the ledger', (select count(*) from fee), abs((select count(*) from fee) - coalesce((select n from tally where what = 'fee'), 0))
  union all select 'mail that left before a restore, and left again', (select count(*) from sent_before),
    (select count(*) from sent_before s join outbox o on o.message_id = s.message_id where s.taken and o.state = 'accepted' and o.reason is distinct from 'sent.before')
  union all select 'acts asked by people', (select count(*) from command),
    abs((select count(*) from command) - coalesce((select n from tally where what = 'command'), 0))
  union all select 'messages passed over in collected mailboxes', (select count(*) from collect_skip),
    abs((select count(*) from collect_skip) - coalesce((select n from tally where what = 'collect_skip'), 0))
$$;
create function fee_list(from_at timestamptz, until_at timestamptz, rpps text) returns table (ref text, at timestamptz, rpps text, payee text, payee_id text, payee_name text, cents integer)
language sql stable security definer set search_path = relais, pg_temp as $$
  select d.ref, f.at, f.rpps, f.payee, f.payee_id, f.payee_name, f.cents from fee f join dossier d on d.id = f.dossier
   where f.at >= coalesce(fee_list.from_at, '-infinity') and f.at < coalesce(fee_list.until_at, 'infinity') and (fee_list.rpps is null or f.rpps = fee_list.rpps)
   order by f.at, f.dossier
$$;
create function study_list(year integer) returns table (question text, answer text, n bigint)
language sql stable security definer set search_path = relais, pg_temp as $$
  select c.question, c.answer, c.n from study_count c where c.year = study_list.year order by 1, 2
$$;
-- Dossiers in their order, each whole in one snapshot: its row, its events, its documents, its line in the ledger. For what folds them again.
create function reconcile_dossiers(after bigint, most bigint) returns table (id bigint, ref text, pathology text, state text, open boolean, expert text, asked text,
  complete_at timestamptz, due_at timestamptz, next_due timestamptz, now timestamptz, events jsonb, documents jsonb, fee_event bigint, fee_rpps text)
language sql stable security definer set search_path = relais, pg_temp as $$
  select d.id, d.ref, d.pathology, d.state, d.open, d.expert, d.asked, d.complete_at, d.due_at, d.next_due, instant(),
         coalesce((select jsonb_agg(jsonb_build_object('seq', e.seq, 'at', e.at, 'kind', e.kind, 'data', e.data, 'actor', e.actor, 'rule', e.rule, 'inbox', e.inbox)
                     order by e.seq) from dossier_event e where e.dossier = d.id), '[]'),
         coalesce((select jsonb_agg(jsonb_build_object('document', x.document, 'current', x.current, 'withdrawn', x.withdrawn)) from dossier_document x
                    where x.dossier = d.id), '[]'), f.event, f.rpps
    from dossier d left join fee f on f.dossier = d.id where d.id > reconcile_dossiers.after and d.erased is null order by d.id limit reconcile_dossiers.most
$$;
-- Of these alone that had an event in a span of time: what happened then is counted from them.
create function figures_dossiers(after bigint, most bigint, from_at timestamptz, until_at timestamptz) returns table (id bigint, ref text, pathology text, state text,
  open boolean, expert text, asked text, complete_at timestamptz, due_at timestamptz, next_due timestamptz, now timestamptz, events jsonb, documents jsonb, fee_event bigint,
  fee_rpps text)
language sql stable security definer set search_path = relais, pg_temp as $$
  select r.* from (select d.id from dossier d where d.id > figures_dossiers.after and d.erased is null
                      and exists (select from dossier_event e where e.dossier = d.id and e.at >= from_at and e.at < until_at)
                    order by d.id limit figures_dossiers.most) x, lateral reconcile_dossiers(x.id - 1, 1) r order by r.id
$$;
-- The family of each pathology.
create function figures_families() returns table (code text, family text)
language sql stable security definer set search_path = relais, pg_temp as $$
  select distinct on (p.code) p.code, p.data->>'family' from pathology p order by p.code, p.active desc, p.version desc
$$;
-- What `relais simulate replay` decides again: messages with what was found in them and for whom they were, and what people asked of a dossier.
create function rehearse_messages(after bigint, most bigint) returns table (id bigint, source text, account text, mailbox text, mail_from text, recipients text[],
  received_at timestamptz, decided_at timestamptz, params jsonb, message_id text, from_address text, outcome text, reason text, rule text, dossier bigint, facts jsonb,
  party text, of bigint, candidates bigint[], spoke_for text[])
language sql stable security definer set search_path = relais, pg_temp as $$
  select i.id, i.source, i.account, i.mailbox, i.mail_from, i.recipients, i.received_at, i.decided_at, i.params, i.message_id, i.from_address, i.outcome, i.reason, i.rule,
         i.dossier, i.facts, coalesce(r.party, t.party), coalesce(r.dossier, t.dossier),
         array(select d.id from dossier d where d.opened_at < i.decided_at and d.ins in (select n->>'extension'
           from jsonb_array_elements(coalesce(i.facts->'documents', '[]')) x, jsonb_array_elements(coalesce(x->'patient'->'ids', '[]')) n) order by d.id),
         array(select distinct s.domain from (values (lower(substring(i.from_address from '[^@]*$'))), (lower(substring(i.mail_from from '[^@]*$')))) s (domain)
           where exists (select from trust_peer p where p.name = i.peer_name and p.domain = s.domain)
              or exists (select from trust_past p where p.name = i.peer_name and p.domain = s.domain and p.ended_at >= i.received_at))
    from inbox i
    left join lateral (select l.party, l.dossier from relay l where l.mailbox = lower(i.from_address)
                          and l.local in (select lower(split_part(x, '@', 1)) from unnest(i.recipients) x) limit 1) r on true
    left join lateral (select b.party, b.dossier from relay_by_thread(array(select jsonb_array_elements_text(coalesce(i.facts->'mail'->'in_reply_to', '[]'))), i.from_address) b
                        where r.dossier is null) t on true
   where i.id > rehearse_messages.after and i.outcome is not null and i.facts is not null and i.erased is null order by i.id limit rehearse_messages.most
$$;
create function rehearse_commands(dossier bigint) returns table (asked_at timestamptz, done_at timestamptz, actor text, kind text, args jsonb, reason text)
language sql stable security definer set search_path = relais, pg_temp as $$
  select c.at, c.done_at, c.actor, c.kind, c.args, c.reason from command c
   where c.dossier = rehearse_commands.dossier and c.inbox is null and c.state = 'done' order by c.id
$$;
-- Under which keys lies what is kept: for the comparison with the keeper's folder.
create function reconcile_keys() returns table (key_name text, bodies bigint)
language sql stable security definer set search_path = relais, pg_temp as $$
  select b.key_name, count(*) from body b where exists (select from body_chunk c where c.body = b.id) group by 1 order by 1
$$;
-- For the comparison with the receivers' own journal, outside the database, some thousand lines at a time: what each is, in their order. 'here'; of what is not,
-- 'again': the same bytes or the same Message-ID came in under another number; 'noted': settled by a person; 'lost'. With a '!' behind it the number is there
-- and its bytes came in nowhere else: another message's.
create function reconcile_inbox(lines jsonb) returns jsonb
language sql stable security definer set search_path = relais, pg_temp as $$
  with l as materialized (
    select x.n, (x.e->>'inbox')::bigint as inbox, (x.e->>'size')::bigint as size, x.e->>'digest' as hex, nullif(x.e->>'message_id', '') as message_id,
           case when x.e->>'digest' ~ '^[0-9a-f]{64}$' then decode(x.e->>'digest', 'hex') end as digest
      from jsonb_array_elements(reconcile_inbox.lines) with ordinality x (e, n)),
  found as materialized (
    select l.*, i.id is not null as taken, coalesce(b.digest = l.digest and b.size = l.size, false) as here
      from l left join inbox i on i.id = l.inbox left join body b on b.id = i.body),
  known as materialized (
    select distinct f.digest from found f join body b on b.digest = f.digest join inbox i on i.body = b.id where not f.here)
  select coalesce(jsonb_agg(case when f.here then 'here' else
           case when k.digest is not null or exists (select from inbox i where i.message_id = f.message_id) then 'again'
                when exists (select from missing_note m where m.inbox = f.inbox and m.digest = f.digest) then 'noted' else 'lost' end
           || case when f.taken and k.digest is null then '!' else '' end end order by f.n), '[]')
    from found f left join known k on k.digest = f.digest
$$;
create function reconcile_rows() returns bigint
language sql stable security definer set search_path = relais, pg_temp as $$ select count(*) from inbox $$;

-- ---------------------------------------------------------------- who may execute what
revoke all on all functions in schema relais from public;
alter default privileges for role relais_owner revoke execute on functions from public;
grant usage on schema relais to relais_keeper, relais_receiver, relais_collector, relais_worker, relais_signer, relais_deliverer, relais_refresher, relais_opener,
  relais_operator;
grant execute on function session_start() to relais_receiver, relais_collector, relais_worker, relais_signer, relais_deliverer;
grant execute on function doze, awake to relais_worker, relais_signer, relais_deliverer;

grant execute on function intake_sender, intake_account, intake_recipient, intake_message, intake_chunk, intake_done, material_keep to relais_receiver;
grant execute on function collect_cursor(text), collect_message, collect_skipped, collect_looked, collect_state, collect_again, intake_chunk, intake_done to relais_collector;
grant execute on function open_claim, body_read to relais_opener;
grant execute on function sign_claim, sign_envelope, sign_wait, sign_done, sign_refuse, body_read to relais_signer;
grant execute on function keeper_open, keeper_pending, keeper_bodies, keeper_rewrap, keeper_begins, keeper_highest, keeper_over, keeper_ended, keeper_lives to relais_keeper;
grant execute on function deliver_due, deliver_claim, deliver_envelope, deliver_result, deliver_peer, deliver_fence, body_read to relais_deliverer;
grant execute on function fence_close, fence_look, fence_unlooked, fence_state, fence_unknown, fence_lift, sent_before_list, missing_noted, missing_notes to relais_operator;
grant execute on function trust_replace, trust_state, alarm_raise, alarm_clear, keeper_silent, recipient_certificates,
  directory_age, directory_ask_claim, directory_ask_experts, directory_answer to relais_refresher;
grant execute on function body_read, intake_sender, rule_pathology, rule_sender, rule_recipients, rule_settings, dossier_of_patient, dossier_create, dossier_find, dossier_load, dossier_append,
  dossier_fold, dossier_tasks, document_file, document_withdraw, relay_make, relay_find, relay_by_thread, mailbox_set, work_due, work_claim, work_release, work_return, work_earlier, work_context, work_done,
  inbox_facts, held_claim, held_done, held_again, outbox_cancel, outbox_freeze, report_cancel, report_asked, expert_candidates, expert_get, outbox_add, shield_people, shield_own, shield_clear, shield_stop, shield_let_go, shield_drop, antivirus_state, opener_state, service_add, service_claim, service_next, task_list, service_figures, alarm_mails, alarm_mailed, alarm_over, held_list, held_told, compose_claim, compose_done, compose_chunk, compose_failed,
  outcome_claim, outcome_told, outcome_later, mail_late, report_match, answer_match, outbox_proof, timer_claim, timer_later, timer_set, command_claim, command_done, command_later, question_match,
  material_missing, material_keep, clock_read, clock_state to relais_worker;
grant execute on function rule_import, rule_list, rule_questionnaire, trust_replace, trust_diff, trust_state, trust_history, trust_names, trust_list, trust_uses, alarm_list, dossier_list, dossier_find, dossier_history, dossier_mails, dossier_messages, dossier_sent, dossier_received,
  dossier_documents, trace_inbox, trace_outbox, queue_list, quarantine_list, task_list, phone_list, outbox_retry, command_ask, command_answer, reconcile, reconcile_inbox, reconcile_rows, reconcile_keys, reconcile_dossiers, rehearse_messages, rehearse_commands, body_read, inbox_facts,
  recheck_get, material_get, clock_state, clock_forward, clock_until to relais_operator;
grant execute on function relay_close, outbox_cancel_mailbox, outbox_cancel_representative, outbox_cancel_offer, outbox_cancel_document, expert_take, leave_add, recipient_learn, fee_book, study_add, study_stopped to relais_worker;
grant execute on function keeper_destroyed, hold_set, hold_asks, hold_lift, hold_list, hold_confirm, hold_unseen, erasure_may, retention_dossiers, retention_apart, erasure_begin, erasure_end, erasure_apart, erasure_again, erasure_unknown, erasure_list, schema_state to relais_operator;
grant execute on function fee_list, study_list, study_add, figures_dossiers, figures_families to relais_operator;
grant execute on function fee_statements, service_made, figures_dossiers, figures_families to relais_worker;
grant execute on function expert_candidates, expert_silence, expert_open, leave_add, leave_end, leave_list to relais_operator;
grant execute on function directory_facts, directory_ask, directory_claim, directory_done, directory_later to relais_worker;
grant execute on function directory_begin, directory_stage, directory_replace, directory_compare, directory_state, directory_history, directory_lines, directory_find,
  directory_ended, directory_prefer, directory_confirm, directory_ask_again, directory_asking to relais_operator;
