-- 0003: what the command line reads, the counts of reconcile, and who may execute what.

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
  trust bigint, trust_generated_at timestamptz, trust_digest text, antivirus text, virus text)
language sql stable security definer set search_path = relais, pg_temp as $$
  select i.id, i.received_at, i.source, i.account, i.peer_name, b.size, b.digest, i.state, i.class, i.outcome, i.reason, i.owner, i.rule, d.ref, i.message_id,
         i.facts->'signature', i.tries, i.trust, t.generated_at, encode(t.digest, 'hex'), i.facts->'antivirus'->>'verdict', i.facts->'antivirus'->>'name'
    from inbox i join body b on b.id = i.body left join dossier d on d.id = i.dossier left join trust_import t on t.id = i.trust
   where i.message_id = wanted or 'R' || i.id = upper(wanted) order by i.id
$$;
create function trace_outbox(wanted text) returns table (outbox bigint, code text, party text, state text, proof integer, created_at timestamptz, composed_at timestamptz, sealed_at timestamptz,
  ended_at timestamptz, host text, reply_code integer, enhanced text, queue_id text, tls jsonb, reason text, ref text, message_id text, sent_digest bytea, attempts bigint, inbox bigint, looked text, names text, unread bigint, antivirus text, virus text)
language sql stable security definer set search_path = relais, pg_temp as $$
  select o.id, o.code, o.party, o.state, o.proof, o.created_at, o.composed_at, o.sealed_at, o.ended_at, o.host, o.reply_code, o.enhanced, o.queue_id, o.tls, o.reason,
         d.ref, o.message_id, o.sent_digest, (select count(*) from outbox_attempt a where a.outbox = o.id), o.inbox,
         o.looked, o.look->>'ref', nullif((o.look->>'unread')::bigint, 0), o.look->>'antivirus', o.look->>'virus'
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
      from outbox o left join dossier d on d.id = o.dossier where o.state = 'composed' and o.reason = 'sign.certificate'
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
  update outbox o set next_at = now(), tries = case when o.state = 'failed' and o.sent_digest is null then 0 else o.tries end, told = false, ended_at = null,
    state = case when o.sent_digest is not null then 'sealed' when o.entity is not null then 'composed' else 'decided' end
   where o.id = outbox_retry.outbox and o.state in ('decided', 'composed', 'sealed', 'failed') and o.looked is distinct from 'held';
  if found then perform tell('inbox'), tell('signer'), tell('outbox'); end if;
  return found;
end $$;

-- One line a check; bad = 0 when it holds. Each counts from evidence of its own, never by subtraction. deep reads every byte kept.
create function reconcile(deep boolean) returns table (name text, counted bigint, bad bigint)
language sql stable security definer set search_path = relais, pg_temp as $$
  select 'inbox.' || coalesce(outcome, state), count(*), 0::bigint from inbox group by 1
  union all select 'outbox.' || state, count(*), 0 from outbox group by 1
  union all select 'inbox without its whole body', (select count(*) from inbox),
    (select count(*) from inbox i where i.complete and body_check(i.body, deep) is not true)
  union all select 'mail without its composed body', (select count(*) from outbox where entity is not null),
    (select count(*) from outbox o where o.entity is not null and body_check(o.entity, deep) is not true)
  union all select 'body that no message and no mail has', (select count(*) from body),
    (select count(*) from body b where not exists (select from inbox i where i.body = b.id) and not exists (select from outbox o where o.entity = b.id))
  union all select 'body of a dossier that is not under the dossier''s key', (select count(*) from body),
    (select count(*) from body b left join inbox i on i.body = b.id left join outbox o on o.entity = b.id join dossier d on d.id = coalesce(i.dossier, o.dossier)
      where b.key_name <> 'dossier:' || d.ref and case when i.id is not null then i.state = 'done' and i.outcome <> 'held' else true end
        and (b.key_name not like 'intake:%' or coalesce(i.decided_at, o.composed_at) < now() - interval '1 minute'))
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
    (select count(*) from (select dossier, data->>'id' as document from dossier_event where kind = 'document_withdrawn') e
       full join (select dossier, document from dossier_document where withdrawn) d using (dossier, document) where e.document is null or d.document is null)
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
    (select count(*) from outbox o where o.encrypted is not null and o.envelope_size is distinct from (select sum(length(e.data)) from outbox_envelope e where e.outbox = o.id))
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
    from dossier d left join fee f on f.dossier = d.id where d.id > reconcile_dossiers.after order by d.id limit reconcile_dossiers.most
$$;
-- Of these alone that had an event in a span of time: what happened then is counted from them.
create function figures_dossiers(after bigint, most bigint, from_at timestamptz, until_at timestamptz) returns table (id bigint, ref text, pathology text, state text,
  open boolean, expert text, asked text, complete_at timestamptz, due_at timestamptz, next_due timestamptz, now timestamptz, events jsonb, documents jsonb, fee_event bigint,
  fee_rpps text)
language sql stable security definer set search_path = relais, pg_temp as $$
  select r.* from (select d.id from dossier d where d.id > figures_dossiers.after
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
   where i.id > rehearse_messages.after and i.outcome is not null and i.facts is not null order by i.id limit rehearse_messages.most
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
-- For the comparison with the receivers' own journal, outside the database.
create function reconcile_inbox() returns table (inbox bigint, size bigint, digest bytea, message_id text)
language sql stable security definer set search_path = relais, pg_temp as $$
  select i.id, b.size, b.digest, i.message_id from inbox i join body b on b.id = i.body order by i.id
$$;

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
grant execute on function keeper_open, keeper_pending, keeper_bodies, keeper_rewrap, keeper_begins, keeper_highest, keeper_idle, keeper_ended, keeper_lives to relais_keeper;
grant execute on function deliver_due, deliver_claim, deliver_envelope, deliver_result, deliver_peer, deliver_fence, body_read to relais_deliverer;
grant execute on function fence_close, fence_state, fence_since, fence_unknown, fence_lift, sent_before_list, missing_noted, missing_notes to relais_operator;
grant execute on function trust_replace, trust_state, alarm_raise, alarm_clear, keeper_silent,
  directory_age, directory_ask_claim, directory_ask_experts, directory_answer to relais_refresher;
grant execute on function body_read, intake_sender, rule_pathology, rule_sender, rule_recipients, rule_settings, dossier_of_patient, dossier_create, dossier_find, dossier_load, dossier_append,
  dossier_fold, dossier_tasks, document_file, document_withdraw, relay_make, relay_find, relay_by_thread, mailbox_set, work_due, work_claim, work_release, work_earlier, work_context, work_done,
  inbox_facts, held_claim, held_done, held_again, outbox_cancel, outbox_freeze, report_cancel, report_asked, expert_candidates, expert_get, outbox_add, shield_people, shield_own, shield_clear, shield_stop, shield_let_go, shield_drop, antivirus_state, service_add, service_claim, service_next, task_list, service_figures, alarm_mails, alarm_mailed, alarm_over, held_list, held_told, compose_claim, compose_done, compose_chunk, compose_failed,
  outcome_claim, outcome_told, outcome_later, mail_late, report_match, answer_match, outbox_proof, timer_claim, timer_later, timer_set, command_claim, command_done, question_match,
  material_missing, material_keep, clock_read, clock_state to relais_worker;
grant execute on function rule_import, rule_list, rule_questionnaire, trust_replace, trust_diff, trust_state, trust_history, trust_names, trust_list, trust_uses, alarm_list, dossier_list, dossier_find, dossier_history, dossier_mails, dossier_messages, dossier_sent, dossier_received,
  dossier_documents, trace_inbox, trace_outbox, queue_list, quarantine_list, task_list, phone_list, outbox_retry, command_ask, command_answer, reconcile, reconcile_inbox, reconcile_keys, reconcile_dossiers, rehearse_messages, rehearse_commands, body_read, inbox_facts,
  recheck_get, material_get, clock_state, clock_forward, clock_until to relais_operator;
grant execute on function relay_close, outbox_cancel_mailbox, outbox_cancel_representative, outbox_cancel_offer, outbox_cancel_document, expert_take, leave_add, recipient_learn, fee_book, study_add, study_stopped to relais_worker;
grant execute on function fee_list, study_list, study_add, figures_dossiers, figures_families to relais_operator;
grant execute on function fee_statements, service_made, figures_dossiers, figures_families to relais_worker;
grant execute on function expert_candidates, expert_silence, expert_open, leave_add, leave_end, leave_list to relais_operator;
grant execute on function directory_facts, directory_ask, directory_claim, directory_done, directory_later to relais_worker;
grant execute on function directory_begin, directory_stage, directory_replace, directory_compare, directory_state, directory_history, directory_lines, directory_find,
  directory_ended, directory_prefer, directory_confirm, directory_ask_again, directory_asking to relais_operator;
