-- 0002: rules as data, dossiers as events, the worker's functions.

-- ---------------------------------------------------------------- rules: imported, versioned, never edited in place
create table pathology (
  code text not null, version integer not null, data jsonb not null, active boolean not null,
  imported_at timestamptz not null default now(), primary key (code, version)
);
create unique index pathology_active on pathology (code) where active;

-- FHIR R4 Questionnaires, by canonical: never changed, as dossiers are weighed by them for ever.
create table questionnaire (
  url text not null, version text not null, data jsonb not null, imported_at timestamptz not null default now(), primary key (url, version)
);

-- rpps: of an organisation's mailbox its id. Mailboxes in lower case.
create table expert (
  rpps text not null, version integer not null, data jsonb not null, active boolean not null,
  pathologies text[] not null, mailbox text not null, delegates text[] not null, imported_at timestamptz not null default now(),
  primary key (rpps, version)
);
create unique index expert_active on expert (rpps) where active;
create index expert_pathology on expert using gin (pathologies) where active;
create index expert_mailbox on expert (mailbox) where active;

-- When an expert is away, beside what his import says: told by himself (of which dossier's event) or by a person of ours.
create table expert_leave (
  id      bigint generated always as identity primary key,
  rpps    text not null, from_at timestamptz not null, until_at timestamptz not null, check (from_at < until_at),
  source  text not null check (source in ('answer', 'operator')), actor text not null,
  dossier bigint, event integer,
  told_at timestamptz not null, ended_at timestamptz, ended_by text
);
create index expert_leave_open on expert_leave (rpps, until_at) where ended_at is null;

create table sender (
  organisation text not null, version integer not null, data jsonb not null, active boolean not null,
  domains text[] not null, imported_at timestamptz not null default now(), primary key (organisation, version)
);
create unique index sender_active on sender (organisation) where active;
create index sender_domain on sender using gin (domains) where active;

-- How a mailbox ("a@b"), or all of a domain ("@b"), wants its mail. In lower case.
create table recipient (
  address text not null, version integer not null, data jsonb not null, active boolean not null,
  imported_at timestamptz not null default now(), primary key (address, version),
  -- What the signer reads: nothing stands before it that is no certificate.
  check (coalesce(data->>'certificate', '') = '' or data->>'certificate' ~ '^-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+-----END CERTIFICATE-----\n')
);
create unique index recipient_active on recipient (address) where active;

-- What the operator sets otherwise than the policy's table of deadlines: spans and windows.
create table setting (
  name text not null, version integer not null, data jsonb not null, active boolean not null,
  imported_at timestamptz not null default now(), primary key (name, version)
);
create unique index setting_active on setting (name) where active;

-- Who may submit for a mailbox of ours: canonical names of client certificates (certs/name.h), subjects of tokens. Neither: nobody may.
create table account (
  mailbox text not null, version integer not null, data jsonb not null, active boolean not null,
  names text[] not null, subjects text[] not null, imported_at timestamptz not null default now(),
  primary key (mailbox, version)
);
create unique index account_active on account (mailbox) where active;
create index account_name on account using gin (names) where active;
create index account_subject on account using gin (subjects) where active;

-- The questionnaire of a canonical (url|version); null when it is not there.
create function rule_questionnaire(canonical text) returns jsonb
language sql stable security definer set search_path = relais, pg_temp as $$
  select q.data from questionnaire q where q.url = split_part(rule_questionnaire.canonical, '|', 1) and q.version = split_part(rule_questionnaire.canonical, '|', 2)
$$;

-- A rule that is imported again unchanged keeps its version. Gives the version in force; of a questionnaire, how many of its url there are.
-- What a dossier is weighed by stays as it is under its version: a questionnaire whole, of a pathology what it demands.
create function rule_import(kind text, item jsonb) returns integer
language plpgsql security definer set search_path = relais, pg_temp as $$
declare key text; v integer; old jsonb;
begin
  if kind = 'questionnaire' then
    select q.data into old from questionnaire q where q.url = item->>'url' and q.version = item->>'version';
    if old is null then
      insert into questionnaire values (item->>'url', item->>'version', item);
    elsif old <> item then
      perform refuse('rule.changed');
    end if;
    select count(*) into v from questionnaire q where q.url = item->>'url';
  elsif kind = 'pathology' then
    key := item->>'code';
    if rule_questionnaire(item->>'questionnaire') is null then perform refuse('rule.reference'); end if;
    if exists (select from pathology p where p.code = key and p.data->>'version' = item->>'version'
                 and (p.data->'questionnaire', coalesce(p.data->'exams', '[]'), coalesce(p.data->'red_flags', '[]'))
                     is distinct from (item->'questionnaire', coalesce(item->'exams', '[]'), coalesce(item->'red_flags', '[]'))) then
      perform refuse('rule.changed');
    end if;
    select p.version, p.data into v, old from pathology p where p.code = key and p.active;
    if old = item then return v; end if;
    update pathology p set active = false where p.code = key and p.active;
    select coalesce(max(p.version), 0) + 1 into v from pathology p where p.code = key;
    insert into pathology values (key, v, item, true);
  elsif kind = 'expert' then
    key := coalesce(item->>'rpps', item->>'id');
    select e.version, e.data into v, old from expert e where e.rpps = key and e.active;
    if old = item then return v; end if;
    update expert e set active = false where e.rpps = key and e.active;
    select coalesce(max(e.version), 0) + 1 into v from expert e where e.rpps = key;
    insert into expert values (key, v, item, true, array(select jsonb_array_elements_text(item->'pathologies')), lower(item->>'mailbox'),
      array(select lower(jsonb_array_elements_text(coalesce(item->'delegates', '[]')))));
  elsif kind = 'sender' then
    key := item->>'organisation';
    select s.version, s.data into v, old from sender s where s.organisation = key and s.active;
    if old = item then return v; end if;
    update sender s set active = false where s.organisation = key and s.active;
    select coalesce(max(s.version), 0) + 1 into v from sender s where s.organisation = key;
    insert into sender values (key, v, item, true, array(select lower(jsonb_array_elements_text(item->'domains'))));
  elsif kind = 'recipient' then
    key := lower(item->>'recipient');
    select r.version, r.data into v, old from recipient r where r.address = key and r.active;
    if old = item then return v; end if;
    update recipient r set active = false where r.address = key and r.active;
    select coalesce(max(r.version), 0) + 1 into v from recipient r where r.address = key;
    insert into recipient values (key, v, item, true);
    -- What waits for a certificate, or is about to (sign_wait), is looked at again; what is sealed and is not what the rule wants is sealed anew, but what
    -- waits for a person.
    update outbox o set next_at = now() where o.state = 'composed' and (o.reason = 'sign.certificate' or o.session is not null)
       and key in (lower(o.recipient), '@' || o.domain);
    perform outbox_unseal(o.id) from outbox o where o.state = 'sealed' and not o.frozen and o.domain = substring(key from '[^@]*$')
       and key in (lower(o.recipient), '@' || o.domain) and o.next_at < 'infinity';
    perform tell('signer');
  elsif kind = 'settings' then
    key := item->>'setting';
    select s.version, s.data into v, old from setting s where s.name = key and s.active;
    if old = item then return v; end if;
    update setting s set active = false where s.name = key and s.active;
    select coalesce(max(s.version), 0) + 1 into v from setting s where s.name = key;
    insert into setting values (key, v, item, true);
    -- Each dossier that has a timer has its next one found anew.
    update dossier d set next_due = '-infinity' where d.next_due is not null;
  elsif kind = 'account' then
    key := item->>'mailbox';
    if exists (select from mailbox m where m.local || '@' || m.domain = key) then perform refuse('auth.mailbox'); end if;
    select a.version, a.data into v, old from account a where a.mailbox = key and a.active;
    if old = item then return v; end if;
    update account a set active = false where a.mailbox = key and a.active;
    select coalesce(max(a.version), 0) + 1 into v from account a where a.mailbox = key;
    insert into account values (key, v, item, true, array(select jsonb_array_elements_text(item->'names')),
      array(select jsonb_array_elements_text(item->'subjects')));
  else
    perform refuse('local.usage');
  end if;
  return v;
end $$;

-- The newest of each of its versions, with its questionnaire: a dossier keeps the version it began with. A form that a version lists
-- names it, too: root^extension, or with #version behind.
create function rule_pathology(code text) returns table (version integer, data jsonb, questionnaire jsonb)
language plpgsql stable security definer set search_path = relais, pg_temp as $$
begin
  return query select distinct on (p.code, p.data->>'version') p.version, p.data, rule_questionnaire(p.data->>'questionnaire') from pathology p
   where p.code = rule_pathology.code or p.data->'forms' ?| array[rule_pathology.code, split_part(rule_pathology.code, '#', 1)]
   order by p.code, p.data->>'version', p.version desc;
end $$;
create function rule_sender(domain text) returns table (version integer, data jsonb)
language plpgsql stable security definer set search_path = relais, pg_temp as $$
begin
  return query select s.version, s.data from sender s where s.active and s.domains @> array[lower(rule_sender.domain)] order by s.organisation;
end $$;
-- Of these mailboxes and of their domains.
create function rule_recipients(mailboxes text[]) returns table (version integer, data jsonb)
language sql stable security definer set search_path = relais, pg_temp as $$
  select r.version, r.data from recipient r
   where r.active and r.address in (select lower(m) from unnest(mailboxes) m union select '@' || lower(substring(m from '[^@]*$')) from unnest(mailboxes) m)
$$;
-- How a mailbox wants its mail, as an event of a dossier tells it; what its rule, or else its domain's, says of sizes stays.
create function recipient_learn(mailbox text, form text, why text) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
declare key text := lower(recipient_learn.mailbox); old jsonb;
begin
  if recipient_learn.form not in ('pdf', 'pdf+xdm', 'paper') or position('@' in key) < 2 then perform refuse('local.usage'); end if;
  select r.data into old from recipient r where r.active and r.address in (key, '@' || substring(key from '[^@]*$')) order by r.address = key desc limit 1;
  perform rule_import('recipient', coalesce(old, '{}') || jsonb_build_object('recipient', key, 'form', recipient_learn.form, 'why', recipient_learn.why));
end $$;
-- The certificates that mail is encrypted to, for what looks at them each day.
create function recipient_certificates() returns table (address text, certificate text)
language sql stable security definer set search_path = relais, pg_temp as $$
  select r.address, r.data->>'certificate' from recipient r, sign_encrypt(r.address) e where r.active and r.data->>'certificate' <> '' and e.encrypt <> 'never'
$$;
create function rule_settings() returns table (version integer, data jsonb)
language sql stable security definer set search_path = relais, pg_temp as $$
  select s.version, s.data from setting s where s.active order by s.name
$$;
create function rule_list(kind text) returns table (key text, version integer, data jsonb)
language sql stable security definer set search_path = relais, pg_temp as $$
  (select distinct on (p.code, p.data->>'version') p.code, p.version, p.data from pathology p where kind = 'pathology'
    order by p.code, p.data->>'version', p.version desc)
  union all select url || '|' || version, 1, data from questionnaire where kind = 'questionnaire'
  union all select rpps, version, data from expert where kind = 'expert' and active
  union all select organisation, version, data from sender where kind = 'sender' and active
  union all select address, version, data from recipient where kind = 'recipient' and active
  union all select name, version, data from setting where kind = 'settings' and active
  union all select mailbox, version, data from account where kind = 'account' and active order by 1
$$;

-- The mailbox that who proved to be value may submit for: the one wanted, or the only one when none is named. Null when there is none.
create function intake_account(kind text, value text, wanted text) returns text
language plpgsql stable security definer set search_path = relais, pg_temp as $$
declare found text[];
begin
  select array_agg(a.mailbox) into found from account a
   where a.active and (intake_account.wanted = '' or a.mailbox = lower(intake_account.wanted))
     and case intake_account.kind when 'certificate' then a.names @> array[intake_account.value]
                                  when 'person' then a.subjects @> array[intake_account.value] else false end;
  return case when cardinality(found) = 1 then found[1] end;
end $$;

-- ---------------------------------------------------------------- dossiers
-- The events are the dossier; every other column is a fold of them, kept for reading.
create table dossier (
  id          bigint generated always as identity primary key,
  ref         text not null unique,
  ins         text not null, oid text not null,
  pathology   text not null,
  opened_at   timestamptz not null,
  state       text not null, open boolean not null default true,
  expert      text,                      -- RPPS of who holds the dossier, else of who is asked
  asked       text,                      -- RPPS of who is to answer an offer: the same one, or the stand-by
  complete_at timestamptz, due_at timestamptz,
  next_due    timestamptz,               -- of the earliest timer
  events      integer not null default 0,
  born        text,                      -- YYYYMMDD, of the request's patient: by it the identity shield finds whom a text may name
  erased      bigint                     -- number of its erasure (0003): who it was about is gone, its row and the bones of its events stay
);
create index dossier_born on dossier (born) where open and born is not null;
create index dossier_number13 on dossier (lower(left(ins, 13))) where open;
create index dossier_patient on dossier (ins);
create index dossier_expert on dossier (expert) where open and expert is not null;
create index dossier_asked on dossier (asked) where open and asked is not null;
create index dossier_timer on dossier (next_due) where next_due is not null;
create index dossier_state on dossier (state, id);
create index dossier_due on dossier (due_at) where open;

create table dossier_event (
  dossier bigint not null references dossier, seq integer not null,
  at      timestamptz not null,
  kind    text not null, data jsonb not null default '{}',
  actor   text not null, rule text not null,
  inbox   bigint references inbox, outbox bigint references outbox,
  primary key (dossier, seq)
);

-- What happened in a span of time: of all dossiers, and whether anything did of one.
create index dossier_event_day on dossier_event (at) where kind in ('requested', 'released');
create index dossier_event_when on dossier_event (dossier, at);
create index dossier_event_inbox on dossier_event (inbox) where inbox is not null;
-- What each expert was asked and took, for his load: counted from the events themselves.
create index dossier_event_expert on dossier_event ((data->>'rpps'), at) where kind in ('offered', 'standby_offered', 'offer_accepted', 'offer_expired');

create table dossier_document (
  dossier bigint not null references dossier, document text not null, version_of text,
  inbox   bigint not null references inbox,    -- the message it came in; its digest finds it there
  digest  text not null, type text, title text, current boolean not null default true,
  withdrawn boolean not null default false,    -- by order of its sender: it stays as evidence, and goes to nobody
  primary key (dossier, document), check (not (current and withdrawn))
);

create table relay (
  local   text primary key,
  dossier bigint not null references dossier, party text not null, mailbox text not null,
  closed_at timestamptz,                 -- the dossier was taken from him: he is refused, with a sentence that says so
  unique (dossier, party, mailbox)
);

-- Mail from that address is as good as from the mailbox: it is the mailbox, or a delegate of the expert who has it. What a delegate may do
-- is the policy's to say.
create function relay_speaks(party text, mailbox text, from_address text) returns boolean
language sql stable set search_path = relais, pg_temp as $$
  select lower(from_address) = mailbox or (party in ('expert', 'standby') and exists
    (select from expert e where e.active and e.mailbox = relay_speaks.mailbox and e.delegates @> array[lower(from_address)]))
$$;

create sequence dossier_number;

-- Two letters that catch one wrong or two swapped digits when a reference is read out on the phone.
create function dossier_letters(year integer, number bigint) returns text language sql immutable as $$
  select substr('ABCDEFGHJKLMNPQRSTUVWXYZ', ((number * 7 + year) % 23)::integer + 1, 1)
      || substr('ABCDEFGHJKLMNPQRSTUVWXYZ', (((number % 10) * 3 + (number / 10 % 10) * 5 + (number / 100 % 10) * 11 + (number / 1000) * 13 + year) % 23)::integer + 1, 1)
$$;

-- One at a time a patient, until the end of the transaction: two requests that come together cannot both believe they are first. The query
-- after the lock sees what the other has committed.
create function dossier_of_patient(ins text) returns table (id bigint, ref text)
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  perform pg_advisory_xact_lock(4712, hashtext(dossier_of_patient.ins));
  return query select d.id, d.ref from dossier d where d.ins = dossier_of_patient.ins and not exists (select from erasure r where r.dossier = d.id) order by d.id;
end $$;

create function dossier_create(ins text, oid text, pathology text, at timestamptz, out id bigint, out ref text)
language plpgsql security definer set search_path = relais, pg_temp as $$
declare n bigint := nextval('dossier_number'); y integer := extract(year from at at time zone 'Europe/Paris');
begin
  ref := format('A-%s-%s-%s', y, lpad(n::text, 6, '0'), dossier_letters(y, n));
  insert into dossier (ref, ins, oid, pathology, opened_at, state)
    values (dossier_create.ref, dossier_create.ins, dossier_create.oid, dossier_create.pathology, at, 'requested')
    returning dossier.id into dossier_create.id;
end $$;

create function dossier_find(ref text, out id bigint, out ins text, out oid text)
language sql stable security definer set search_path = relais, pg_temp as $$
  select d.id, d.ins, d.oid from dossier d where d.ref = upper(dossier_find.ref)
$$;

-- Locks the dossier for this transaction and gives its events; its reference stands in each row.
create function dossier_load(dossier bigint) returns table (seq integer, at timestamptz, kind text, data jsonb, actor text, rule text, inbox bigint, ref text)
language plpgsql security definer set search_path = relais, pg_temp as $$
declare name text;
begin
  select d.ref into name from dossier d where d.id = dossier_load.dossier for update;
  if exists (select from erasure r where r.dossier = dossier_load.dossier) then perform refuse('dossier.erased'); end if;
  return query select e.seq, e.at, e.kind, e.data, e.actor, e.rule, e.inbox, name from dossier_event e
    where e.dossier = dossier_load.dossier order by e.seq;
end $$;

create function dossier_append(dossier bigint, seq integer, at timestamptz, kind text, data jsonb, actor text, rule text, inbox bigint) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  update dossier d set events = dossier_append.seq,
    born = case dossier_append.kind when 'requested' then left(dossier_append.data->'patient'->>'birth_time', 8) else d.born end
   where d.id = dossier_append.dossier and d.events = dossier_append.seq - 1;
  if not found then perform refuse('store.conflict'); end if;
  insert into dossier_event (dossier, seq, at, kind, data, actor, rule, inbox)
    values (dossier_append.dossier, dossier_append.seq, dossier_append.at, dossier_append.kind, dossier_append.data,
            dossier_append.actor, dossier_append.rule, dossier_append.inbox);
end $$;

create function dossier_fold(dossier bigint, pathology text, state text, open boolean, expert text, asked text, complete_at timestamptz, due_at timestamptz, next_due timestamptz) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  update dossier d set pathology = dossier_fold.pathology, state = dossier_fold.state, open = dossier_fold.open, expert = dossier_fold.expert,
    asked = dossier_fold.asked, complete_at = dossier_fold.complete_at, due_at = dossier_fold.due_at, next_due = dossier_fold.next_due
   where d.id = dossier_fold.dossier;
end $$;

-- What a person has to do about each dossier, as the policy finds it in the fold (policy/worklist): written anew with every fold.
create table dossier_task (
  dossier bigint not null references dossier, name text not null, since timestamptz not null, due timestamptz, late boolean not null,
  owners text[] not null, rank integer not null, primary key (dossier, name)
);
create index dossier_task_rank on dossier_task (rank, since);

create function dossier_tasks(dossier bigint, tasks jsonb) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  delete from dossier_task t where t.dossier = dossier_tasks.dossier;
  insert into dossier_task (dossier, name, since, due, late, owners, rank)
    select dossier_tasks.dossier, x.name, x.since, x.due, x.late, x.owners, x.rank
      from jsonb_to_recordset(tasks) as x(name text, since timestamptz, due timestamptz, late boolean, owners text[], rank integer);
end $$;

-- ---------------------------------------------------------------- fees, and the questionnaire after six months
-- What each dossier earned for who gave its opinion (policy/fee): one line, once, written with the event that earns it and never changed.
-- payee: whose the money is, by the register of that day; payee_id is his RPPS, or the organisation's number.
create table fee (
  dossier bigint primary key references dossier, event integer not null, at timestamptz not null,
  rpps text not null, payee text not null check (payee in ('person', 'organisation')), payee_id text not null, payee_name text not null,
  cents integer not null check (cents >= 0),
  foreign key (dossier, event) references dossier_event (dossier, seq)
);
create index fee_month on fee (at);

create function fee_book(dossier bigint, event integer, at timestamptz, rpps text, cents integer) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
declare e jsonb; organisation boolean;
begin
  select x.data into e from expert x where x.rpps = fee_book.rpps order by x.active desc, x.version desc limit 1;
  organisation := coalesce(e->>'payee' = 'organisation' or e ? 'members', false);
  insert into fee (dossier, event, at, rpps, payee, payee_id, payee_name, cents)
    values (fee_book.dossier, fee_book.event, fee_book.at, fee_book.rpps, case when organisation then 'organisation' else 'person' end,
            case when organisation then coalesce(e->>'organisation_id', fee_book.rpps) else fee_book.rpps end,
            coalesce(case when organisation then e->>'organisation' else concat_ws(' ', e->>'title', e->>'given', e->>'family') end, ''), fee_book.cents);
  perform tally_one('fee');
end $$;

-- The lines of a span of time whose statement was not made, each expert's together, with the mailbox that the register has for him today; null when
-- it has none. occasion: of his statement of that month, and of no other's: several experts may read one mailbox.
create function fee_statements(from_at timestamptz, until_at timestamptz, month text)
  returns table (rpps text, mailbox text, name text, ref text, at timestamptz, cents integer, occasion text)
language sql stable security definer set search_path = relais, pg_temp as $$
  with made as materialized (select o.effect from outbox o where o.dossier is null and o.inbox is null and o.code = 'M17')
  select f.rpps, e.mailbox, coalesce(e.data->>'name', nullif(concat_ws(' ', e.data->>'title', e.data->>'given', e.data->>'family'), ''), ''), d.ref, f.at, f.cents, o.occasion
    from fee f join dossier d on d.id = f.dossier left join expert e on e.rpps = f.rpps and e.active, lateral (select fee_statements.month || ' ' || f.rpps) o (occasion)
   where f.at >= from_at and f.at < until_at
     and not exists (select from made m where right(m.effect, length(o.occasion) + 1) = ':' || o.occasion)
   order by f.rpps, f.at, f.dossier
$$;

-- How many gave which answer: no person, no dossier, no day, and no pathology, of which a year may have one file alone.
create table study_count (
  year integer not null, question text not null, answer text not null, n bigint not null,
  primary key (year, question, answer)
);
create function study_add(year integer, questions text[], answers text[]) returns void
language sql security definer set search_path = relais, pg_temp as $$
  insert into study_count (year, question, answer, n)
    select study_add.year, q.question, q.answer, 1 from unnest(study_add.questions, study_add.answers) as q(question, answer)
  on conflict (year, question, answer) do update set n = study_count.n + 1
$$;
-- The person of this dossier wants none: he said so, or it was written down for him, in whichever of his dossiers; a request after this one says no
-- as well. Nor does who has died, as any of his dossiers knows.
create function study_stopped(dossier bigint) returns boolean
language sql stable security definer set search_path = relais, pg_temp as $$
  select exists (select from dossier d join dossier o on o.ins = d.ins join dossier_event e on e.dossier = o.id
                  where d.id = study_stopped.dossier and (e.kind in ('study_stopped', 'died')
                    or (e.kind = 'answer_told' and e.data->>'id' = 'consent.study' and e.data->>'text' = 'false')
                    or (e.kind = 'requested' and o.opened_at > d.opened_at and e.data->'answers' @> '[{"question": "consent.study", "value": "false"}]')))
$$;

create function document_file(dossier bigint, document text, inbox bigint, digest text, type text, title text, replaces text) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  insert into dossier_document (dossier, document, inbox, digest, type, title, version_of)
    values (document_file.dossier, document_file.document, document_file.inbox, document_file.digest,
            document_file.type, document_file.title, document_file.replaces);
  update dossier_document d set current = false
   where d.dossier = document_file.dossier and d.document = document_file.replaces;
end $$;

create function document_withdraw(dossier bigint, document text) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  update dossier_document d set current = false, withdrawn = true
   where d.dossier = document_withdraw.dossier and d.document = document_withdraw.document;
  if not found then perform refuse('store.conflict'); end if;
end $$;

create function dossier_documents(dossier bigint) returns table (document text, inbox bigint, digest text, type text, title text,
  authors text, entered_by text)
language plpgsql stable security definer set search_path = relais, pg_temp as $$
begin
  -- Who wrote it, and who typed it in for him: as the event that filed it has them.
  return query select d.document, d.inbox, d.digest, d.type, d.title, (select string_agg(a->>'name', ', ') from jsonb_array_elements(f.data->'authors') a),
      f.data->>'entered_by'
    from dossier_document d
    left join lateral (select e.data from dossier_event e where e.dossier = d.dossier and e.kind = 'document_filed'
      and coalesce(nullif(e.data->>'id', ''), e.data->>'digest') = d.document order by e.seq desc limit 1) f on true
   where d.dossier = dossier_documents.dossier and d.current order by d.inbox, d.document;
end $$;

-- Relay addresses: 96 random bits, one a party.
create function relay_make(dossier bigint, party text, mailbox text) returns text
language plpgsql security definer set search_path = relais, pg_temp as $$
declare given text;
begin
  select r.local into given from relay r where r.dossier = relay_make.dossier and r.party = relay_make.party
     and r.mailbox = lower(relay_make.mailbox);
  if given is not null then
    update relay r set closed_at = null where r.local = given and r.closed_at is not null;
    return given;
  end if;
  given := 'd-' || substr(replace(gen_random_uuid()::text, '-', ''), 1, 12) || substr(replace(gen_random_uuid()::text, '-', ''), 1, 12);
  insert into relay (local, dossier, party, mailbox) values (given, relay_make.dossier, relay_make.party, lower(relay_make.mailbox));
  return given;
end $$;
-- The dossier and party of that address, for mail from this sender: none for a stranger.
create function relay_find(local text, from_address text) returns table (dossier bigint, party text)
language plpgsql stable security definer set search_path = relais, pg_temp as $$
begin
  return query select r.dossier, r.party from relay r
   where r.local = lower(relay_find.local) and relay_speaks(r.party, r.mailbox, relay_find.from_address) and not exists (select from erasure e where e.dossier = r.dossier);
end $$;
create function relay_close(dossier bigint, mailbox text, at timestamptz) returns void
language sql security definer set search_path = relais, pg_temp as $$
  update relay r set closed_at = relay_close.at
   where r.dossier = relay_close.dossier and r.party in ('expert', 'standby') and r.mailbox = lower(relay_close.mailbox) and r.closed_at is null
$$;

-- ---------------------------------------------------------------- the white list
create type trust_change as (domain text, name text, shown text, operator text, added boolean, whole boolean);

-- What a list would change. whole: the domain appears, or vanishes, with this pair.
create function trust_changes(domains text[], names text[], shown text[], operators text[]) returns setof trust_change
language sql stable set search_path = relais, pg_temp as $$
  with given as materialized (
    select distinct on (lower(t.domain), t.name) lower(t.domain) as domain, t.name, t.shown, t.operator
      from unnest(trust_changes.domains, trust_changes.names, trust_changes.shown, trust_changes.operators) as t(domain, name, shown, operator)),
  there as (select distinct p.domain from trust_peer p),
  wanted as (select distinct g.domain from given g)
  select g.domain, g.name, g.shown, g.operator, true, t.domain is null
    from given g left join trust_peer p on p.domain = g.domain and p.name = g.name left join there t on t.domain = g.domain where p.domain is null
  union all
  select p.domain, p.name, p.shown, p.operator, false, w.domain is null
    from trust_peer p left join given g on g.domain = p.domain and g.name = p.name left join wanted w on w.domain = p.domain where g.domain is null
$$;

-- Domains that somebody counts on: who may send, whom we ask, who writes in an open dossier, where a route of the configuration leads.
create function trust_used(routes text[]) returns table (domain text, by_what text)
language sql stable set search_path = relais, pg_temp as $$
  select d, 'sender' from sender s, unnest(s.domains) d where s.active
  union select lower(split_part(e.mailbox, '@', 2)), 'expert' from expert e where e.active
  union select lower(split_part(r.mailbox, '@', 2)), 'dossier' from relay r join dossier d on d.id = r.dossier where d.open
  union select lower(r), 'route' from unnest(trust_used.routes) r
$$;

create function trust_lost(changes trust_change[], routes text[]) returns jsonb
language sql stable set search_path = relais, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('domain', u.domain, 'by', u.by_what) order by u.domain, u.by_what), '[]')
    from trust_used(trust_lost.routes) u
   where u.domain in (select c.domain from unnest(trust_lost.changes) c where c.whole and not c.added)
$$;

-- What relais.trust_replace would do, with each change: nothing is done.
create function trust_diff(domains text[], names text[], shown text[], operators text[], routes text[]) returns jsonb
language plpgsql stable security definer set search_path = relais, pg_temp as $$
declare changes trust_change[];
begin
  select coalesce(array_agg(c), '{}') into changes from trust_changes(trust_diff.domains, trust_diff.names, trust_diff.shown, trust_diff.operators) c;
  return jsonb_build_object('in_force', (select max(t.id) from trust_import t), 'in_use', trust_lost(changes, trust_diff.routes),
    'domains', (select count(distinct p.domain) from trust_peer p),
    'changes', (select coalesce(jsonb_agg(to_jsonb(c) - 'name' order by c.operator, c.added, c.domain, c.shown), '[]') from unnest(changes) c));
end $$;

-- Puts a list into force by what differs, unless it is in force already ("same"), or a guard holds it back ("refused", a reason code):
-- older than the one in force (which, dated ahead, is no younger than the day it came), a domain gone that is in use, more than one domain in
-- ten gone, or more than one in two of whose names none stays. Only an operator forces.
create function trust_replace(domains text[], names text[], shown text[], operators text[], about jsonb, routes text[], force boolean) returns jsonb
language plpgsql security definer set search_path = relais, pg_temp as $$
declare
  last trust_import; changes trust_change[]; answer jsonb; refused text; given bigint;
  before bigint; gone bigint; bare bigint; come bigint; added bigint; removed bigint; lost jsonb;
begin
  if force and session_user = 'relais_refresher' then perform refuse('store.refused'); end if;
  lock table trust_peer in share row exclusive mode;
  select t.* into last from trust_import t order by t.id desc limit 1;
  if last.digest = decode(about->>'digest', 'hex') then
    update trust_import t set confirmed_at = now() where t.id = last.id;
    return jsonb_build_object('same', true, 'import', last.id, 'pairs', last.pairs, 'domains', last.domains);
  end if;
  select coalesce(array_agg(c), '{}') into changes from trust_changes(trust_replace.domains, trust_replace.names, trust_replace.shown, trust_replace.operators) c;
  select count(*) filter (where c.added), count(*) filter (where not c.added), count(distinct c.domain) filter (where c.added and c.whole),
         count(distinct c.domain) filter (where c.whole and not c.added) into added, removed, come, gone from unnest(changes) c;
  select count(*), count(*) filter (where x.bare) into before, bare from (
    select bool_and(c.name is not null) as bare from trust_peer p left join unnest(changes) c on not c.added and c.domain = p.domain and c.name = p.name
     group by p.domain) x;
  lost := trust_lost(changes, trust_replace.routes);
  refused := case when (about->>'generated_at')::timestamptz < least(last.generated_at, last.at) then 'trust.list.older'
                  when lost <> '[]' then 'trust.list.in-use'
                  when gone * 10 > before or bare * 2 > before then 'trust.list.shrinks' end;
  answer := jsonb_build_object('same', false, 'added', added, 'removed', removed, 'domains_added', come, 'domains_removed', gone,
    'in_use', lost, 'in_force', last.id, 'domains_before', before);
  if refused is not null and not force then return answer || jsonb_build_object('refused', refused); end if;

  insert into trust_import (source, actor, digest, generated_at, entries, unread, pairs, domains, added, removed, forced)
    values (about->>'source', about->>'actor', decode(about->>'digest', 'hex'), (about->>'generated_at')::timestamptz, (about->>'entries')::integer,
            (about->>'unread')::integer, 0, before + come - gone, added, removed, refused is not null) returning id into given;
  with ended as (
    delete from trust_peer p using unnest(changes) c where not c.added and p.domain = c.domain and p.name = c.name returning p.*)
  insert into trust_past (domain, name, shown, operator, since, until, listed_at)
    select e.domain, e.name, e.shown, e.operator, e.since, given, e.listed_at from ended e;
  insert into trust_peer (domain, name, shown, operator, since)
    select c.domain, c.name, c.shown, c.operator, given from unnest(changes) c where c.added;
  update trust_import t set pairs = (select count(*) from trust_peer) where t.id = given returning t.pairs into before;
  perform tally_one('trust_import');
  return answer || jsonb_build_object('import', given, 'pairs', before, 'forced', refused is not null,
    'domains', (select t.domains from trust_import t where t.id = given));
end $$;

-- The list in force; no row when there is none.
create function trust_state() returns table (import bigint, at timestamptz, confirmed_at timestamptz, generated_at timestamptz, digest bytea, pairs integer, domains integer)
language sql stable security definer set search_path = relais, pg_temp as $$
  select t.id, t.at, t.confirmed_at, t.generated_at, t.digest, t.pairs, t.domains from trust_import t order by t.id desc limit 1
$$;
create function trust_history() returns table (import bigint, at timestamptz, confirmed_at timestamptz, generated_at timestamptz, entries integer, unread integer,
  pairs integer, domains integer, added integer, removed integer, forced boolean, actor text, source text, digest text)
language sql stable security definer set search_path = relais, pg_temp as $$
  select t.id, t.at, t.confirmed_at, t.generated_at, t.entries, t.unread, t.pairs, t.domains, t.added, t.removed, t.forced, t.actor, t.source, encode(t.digest, 'hex')
    from trust_import t order by t.id
$$;
create function trust_names(domain text) returns table (name text, shown text, operator text, import bigint, listed_at timestamptz, ended_at timestamptz)
language sql stable security definer set search_path = relais, pg_temp as $$
  select t.name, t.shown, t.operator, t.since, t.listed_at, null::timestamptz from trust_peer t where t.domain = lower(trust_names.domain)
  union all
  select t.name, t.shown, t.operator, t.since, t.listed_at, t.ended_at from trust_past t where t.domain = lower(trust_names.domain)
  order by 6 desc, 2
$$;
-- Those whose domain, operator or name holds the text; all when it is empty.
create function trust_list(wanted text) returns table (domain text, operator text, shown text, listed_at timestamptz)
language sql stable security definer set search_path = relais, pg_temp as $$
  select t.domain, t.operator, t.shown, t.listed_at from trust_peer t
   where wanted = '' or strpos(lower(t.domain || ' ' || t.operator || ' ' || t.shown), lower(wanted)) > 0 order by 1, 3
$$;
-- Who here has to do with a domain. Mailboxes of open dossiers are counted, never named: a patient's holds her number.
create function trust_uses(domain text) returns jsonb
language sql stable security definer set search_path = relais, pg_temp as $$
  select jsonb_build_object(
    'senders', (select coalesce(jsonb_agg(jsonb_build_object('organisation', s.organisation, 'classes', s.data->'classes',
                  'signature', coalesce(s.data->>'signature', 'required'), 'identities', s.data->>'identities') order by s.organisation), '[]')
                  from sender s where s.active and s.domains @> array[lower(trust_uses.domain)]),
    'experts', (select coalesce(jsonb_agg(jsonb_build_object('rpps', e.rpps, 'mailbox', e.mailbox) order by e.mailbox), '[]')
                  from expert e where e.active and lower(split_part(e.mailbox, '@', 2)) = lower(trust_uses.domain)),
    'accounts', (select coalesce(jsonb_agg(jsonb_build_object('mailbox', a.mailbox) order by a.mailbox), '[]')
                  from account a where a.active and lower(split_part(a.mailbox, '@', 2)) = lower(trust_uses.domain)),
    'dossiers', (select count(distinct d.id) from relay r join dossier d on d.id = r.dossier
                  where d.open and lower(split_part(r.mailbox, '@', 2)) = lower(trust_uses.domain)))
$$;

-- ---------------------------------------------------------------- the directory of professionals
-- Each extract that was in force, and what it changed.
create table directory_import (
  id bigint generated always as identity primary key, at timestamptz not null default now(), confirmed_at timestamptz not null default now(),
  source text not null, actor text not null, digest bytea not null, generated_at timestamptz not null,
  lines integer not null, unread integer not null, entries integer not null,
  added integer not null, removed integer not null, changed integer not null, forced boolean not null
);
-- The lines in force: the address is the key, with whose it is and where (both may be '').
create table directory_entry (
  address text not null, person text not null, structure text not null, kind text not null,
  family text not null, given text not null, profession text not null, speciality text not null, service text not null,
  place text not null, postcode text not null, folded text not null,   -- folded: names and place as they are searched
  since bigint not null, primary key (address, person, structure)
);
create index directory_entry_person on directory_entry (person);
create index directory_entry_name on directory_entry (folded text_pattern_ops);
-- What left it: the key alone, and when.
create table directory_past (
  address text not null, person text not null, structure text not null, since bigint not null, until bigint not null,
  ended_at timestamptz not null default now()
);
create index directory_past_person on directory_past (person);
create index directory_past_address on directory_past (address);
-- An extract on its way in; what is lost in a crash is brought again.
create unlogged table directory_stage (
  address text, person text, structure text, kind text, family text, given text, profession text, speciality text, service text, place text,
  postcode text, folded text
);
-- What a look-up answered about one person: the last good answer stands.
create table directory_asked (
  person text primary key, asked_at timestamptz not null default now(), next_at timestamptz not null default now(),
  answered_at timestamptz, tries integer not null default 0, reason text,
  inactive boolean not null default false   -- the directory answered that his registration has ended
);
create table directory_found (
  person text not null references directory_asked, address text not null, structure text not null, kind text not null,
  family text not null, given text not null, profession text not null, speciality text not null, place text not null,
  rank integer not null, red boolean not null, found_at timestamptz not null default now(), primary key (person, address, structure)
);
create index directory_found_address on directory_found (address);
-- Which mailbox people of ours chose for a person; the last row of a mailbox and person counts where one vouches for it.
create table directory_preferred (person text primary key, address text not null, actor text not null, at timestamptz not null default now());
create table directory_confirmed (
  id bigint generated always as identity primary key, at timestamptz not null default now(),
  address text not null, person text not null, actor text not null, reason text not null, withdrawn boolean not null
);
create index directory_confirmed_address on directory_confirmed (address, id);
-- Dossiers that must be looked at again because of it.
create table directory_touched (dossier bigint primary key references dossier, at timestamptz not null default now());
create index dossier_awaits_mailbox on dossier_event (dossier) where kind = 'mailbox_awaited';

-- Of that person's mailboxes, one in force now for that address; the last word about it by a person; whether it left since.
create function directory_is_there(address text, person text) returns boolean language sql stable set search_path = relais, pg_temp as $$
  select not exists (select from directory_asked a where a.person = directory_is_there.person and a.inactive)
     and (exists (select from directory_entry e where e.address = directory_is_there.address and e.person = directory_is_there.person)
       or exists (select from directory_found f where f.address = directory_is_there.address and f.person = directory_is_there.person))
$$;
create function directory_vouched(address text, person text) returns timestamptz language sql stable set search_path = relais, pg_temp as $$
  select max(c.at) from directory_confirmed c where c.address = directory_vouched.address and c.person in ('', directory_vouched.person) and not c.withdrawn
     and not exists (select from directory_confirmed w where w.address = c.address and w.person = c.person and w.id > c.id and w.withdrawn)
$$;
-- The mailbox, or the person altogether, was in an extract after `since` and is not any more.
create function directory_gone(address text, person text, since timestamptz) returns boolean language sql stable set search_path = relais, pg_temp as $$
  select not directory_is_there(directory_gone.address, directory_gone.person)
     and coalesce(directory_vouched(directory_gone.address, directory_gone.person), '-infinity') < p.ended_at
    from (select max(x.ended_at) as ended_at from (
            select d.ended_at from directory_past d
             where d.person = directory_gone.person and d.ended_at > directory_gone.since
               and (d.address = directory_gone.address or not exists (select from directory_entry e where e.person = directory_gone.person))
            union all   -- an organisation's mailbox, which no person has
            select d.ended_at from directory_past d
             where d.address = directory_gone.address and d.person = '' and d.ended_at > directory_gone.since
               and not exists (select from directory_entry e where e.address = d.address)
            union all
            select a.answered_at from directory_asked a where a.person = directory_gone.person and a.inactive and a.answered_at > directory_gone.since) x) p
   where p.ended_at is not null
$$;

-- A new reading: nobody else reads one in at the same time.
create function directory_begin() returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  lock table directory_stage in access exclusive mode;
  truncate directory_stage;
end $$;
create function directory_stage(address text[], person text[], structure text[], kind text[], family text[], given text[], profession text[],
  speciality text[], service text[], place text[], postcode text[], folded text[]) returns void
language sql security definer set search_path = relais, pg_temp as $$
  insert into directory_stage
    select * from unnest(directory_stage.address, directory_stage.person, directory_stage.structure, directory_stage.kind, directory_stage.family,
                         directory_stage.given, directory_stage.profession, directory_stage.speciality, directory_stage.service, directory_stage.place,
                         directory_stage.postcode, directory_stage.folded)
$$;

-- One line a key: the least of those that share one, so that the same file gives the same lines.
create function directory_sort() returns void
language plpgsql set search_path = relais, pg_temp as $$
begin
  analyze directory_stage;
  delete from directory_stage s using (
    select x.ctid as id, row_number() over (partition by x.address, x.person, x.structure order by x::text) as n from directory_stage x
     where (x.address, x.person, x.structure) in (select y.address, y.person, y.structure from directory_stage y group by 1, 2, 3 having count(*) > 1)) d
   where s.ctid = d.id and d.n > 1;
end $$;

-- What the staged extract would change: counts, and of those in use what would end. Nothing is done.
create function directory_difference() returns jsonb
language plpgsql set search_path = relais, pg_temp as $$
declare answer jsonb;
begin
  perform directory_sort();
  select jsonb_build_object('entries', count(s.address), 'before', count(e.address), 'added', count(*) filter (where e.address is null),
      'removed', count(*) filter (where s.address is null),
      'changed', count(*) filter (where s.address is not null and e.address is not null
        and (s.kind, s.family, s.given, s.profession, s.speciality, s.service, s.place, s.postcode)
            is distinct from (e.kind, e.family, e.given, e.profession, e.speciality, e.service, e.place, e.postcode)))
    into answer
    from directory_entry e full join directory_stage s using (address, person, structure);
  return answer;
end $$;

-- Open dossiers that have to do with what left after that import: their expert, or a mailbox that their request or our own mail names.
create function directory_touch(import bigint) returns bigint
language plpgsql set search_path = relais, pg_temp as $$
declare persons text[]; addresses text[]; n bigint;
begin
  select coalesce(array_agg(distinct p.person) filter (where p.person <> ''), '{}'), coalesce(array_agg(distinct p.address), '{}')
    into persons, addresses from directory_past p where p.until = directory_touch.import;
  insert into directory_touched (dossier)
    select d.id from dossier d where d.open and d.expert = any(persons)
    union
    select d.id from dossier d join relay r on r.dossier = d.id where d.open and r.party <> 'patient' and r.mailbox = any(addresses)
    union
    select d.id from dossier d join dossier_event e on e.dossier = d.id and e.seq = 1
     where d.open and (lower(e.data->'attending'->>'mailbox') = any(addresses) or lower(e.data->'first_opinion'->>'mailbox') = any(addresses))
    on conflict do nothing;
  get diagnostics n = row_count;
  if n > 0 then perform tell('inbox'); end if;
  return n;
end $$;
-- What waits for a mailbox may have it now.
create function directory_hope() returns void
language plpgsql set search_path = relais, pg_temp as $$
begin
  insert into directory_touched (dossier)
    select distinct d.id from dossier d join dossier_event e on e.dossier = d.id and e.kind = 'mailbox_awaited' where d.open on conflict do nothing;
  perform tell('inbox');
end $$;

-- Puts the staged extract into force by what differs, unless it is in force already ("same"), or a guard holds it back ("refused", a reason
-- code): older than the one in force (which, dated ahead, is no younger than the day it came), or more than one line in ten gone.
create function directory_replace(about jsonb, force boolean) returns jsonb
language plpgsql security definer set search_path = relais, pg_temp as $$
declare last directory_import; answer jsonb; refused text; made bigint;
begin
  lock table directory_entry in share row exclusive mode;
  select i.* into last from directory_import i order by i.id desc limit 1;
  if last.digest = decode(about->>'digest', 'hex') then
    update directory_import i set confirmed_at = now(), generated_at = greatest(i.generated_at, least((about->>'generated_at')::timestamptz, now()))
     where i.id = last.id;
    truncate directory_stage;
    perform directory_hope();
    return jsonb_build_object('same', true, 'import', last.id, 'entries', last.entries);
  end if;
  answer := directory_difference();
  refused := case when (about->>'generated_at')::timestamptz < least(last.generated_at, last.at) then 'directory.older'
                  when (answer->>'removed')::bigint * 10 > (answer->>'before')::bigint then 'directory.shrinks' end;
  answer := answer || jsonb_build_object('same', false, 'in_force', last.id);
  if refused is not null and not force then
    truncate directory_stage;
    return answer || jsonb_build_object('refused', refused);
  end if;
  insert into directory_import (source, actor, digest, generated_at, lines, unread, entries, added, removed, changed, forced)
    values (about->>'source', about->>'actor', decode(about->>'digest', 'hex'), (about->>'generated_at')::timestamptz, (about->>'lines')::integer,
            (about->>'unread')::integer, (answer->>'entries')::integer, (answer->>'added')::integer, (answer->>'removed')::integer,
            (answer->>'changed')::integer, refused is not null) returning id into made;
  if (answer->>'removed')::bigint > 0 then
    with ended as (
      delete from directory_entry e where not exists (
        select from directory_stage s where s.address = e.address and s.person = e.person and s.structure = e.structure) returning e.*)
    insert into directory_past (address, person, structure, since, until)
      select e.address, e.person, e.structure, e.since, made from ended e;
  end if;
  if (answer->>'changed')::bigint > 0 then
    update directory_entry e set kind = s.kind, family = s.family, given = s.given, profession = s.profession, speciality = s.speciality,
        service = s.service, place = s.place, postcode = s.postcode, folded = s.folded
      from directory_stage s where s.address = e.address and s.person = e.person and s.structure = e.structure
       and (s.kind, s.family, s.given, s.profession, s.speciality, s.service, s.place, s.postcode)
           is distinct from (e.kind, e.family, e.given, e.profession, e.speciality, e.service, e.place, e.postcode);
  end if;
  insert into directory_entry
    select s.address, s.person, s.structure, s.kind, s.family, s.given, s.profession, s.speciality, s.service, s.place, s.postcode, s.folded, made
      from directory_stage s left join directory_entry e on e.address = s.address and e.person = s.person and e.structure = s.structure
     where e.address is null;
  truncate directory_stage;
  perform tally_one('directory_import');
  perform directory_hope();
  return answer || jsonb_build_object('import', made, 'forced', refused is not null, 'touched', directory_touch(made));
end $$;
-- The same without doing it, and what would end of those that somebody here counts on.
create function directory_compare() returns jsonb
language plpgsql security definer set search_path = relais, pg_temp as $$
declare answer jsonb := directory_difference();
begin
  answer := answer || jsonb_build_object('in_use', (select coalesce(jsonb_agg(to_jsonb(u)), '[]') from (
    select e.address, e.person, x.name as by_what from directory_entry e
      join (select r.mailbox, 'dossier' as name from relay r join dossier d on d.id = r.dossier where d.open and r.party <> 'patient'
            union select p.mailbox, 'expert' from expert p where p.active) x on x.mailbox = e.address
     where not exists (select from directory_stage s where s.address = e.address and s.person = e.person)
     order by 1, 2, 3 limit 100) u));
  truncate directory_stage;
  return answer;
end $$;

create function directory_state() returns table (import bigint, at timestamptz, confirmed_at timestamptz, generated_at timestamptz, digest text,
  entries integer, persons bigint, confirmed bigint, asked bigint, unanswered bigint, touched bigint)
language sql stable security definer set search_path = relais, pg_temp as $$
  select i.id, i.at, i.confirmed_at, i.generated_at, encode(i.digest, 'hex'), i.entries, (select count(distinct e.person) from directory_entry e where e.person <> ''),
         (select count(distinct (c.address, c.person)) from directory_confirmed c where directory_vouched(c.address, c.person) is not null),
         (select count(*) from directory_asked), (select count(*) from directory_asked a where a.answered_at is null), (select count(*) from directory_touched)
    from (select 1) one left join lateral (select t.* from directory_import t order by t.id desc limit 1) i on true
$$;
-- For the refresher: how old what is in force is, and how the look-ups go.
create function directory_age() returns table (import bigint, generated_at timestamptz, confirmed_at timestamptz, failing bigint)
language sql stable security definer set search_path = relais, pg_temp as $$
  select i.id, i.generated_at, i.confirmed_at, (select count(*) from directory_asked a where a.tries >= 3)
    from (select 1) one left join lateral (select t.* from directory_import t order by t.id desc limit 1) i on true
$$;
create function directory_history() returns table (import bigint, at timestamptz, confirmed_at timestamptz, generated_at timestamptz, lines integer,
  unread integer, entries integer, added integer, removed integer, changed integer, forced boolean, actor text, source text, digest text)
language sql stable security definer set search_path = relais, pg_temp as $$
  select i.id, i.at, i.confirmed_at, i.generated_at, i.lines, i.unread, i.entries, i.added, i.removed, i.changed, i.forced, i.actor, i.source,
         encode(i.digest, 'hex') from directory_import i order by i.id
$$;

-- Every line about a person or a mailbox, with what people of ours said of it. A mailbox on the red list is told of, and not shown.
create function directory_lines(wanted text) returns table (person text, family text, given text, profession text, speciality text, kind text,
  address text, structure text, place text, postcode text, preferred boolean, confirmed boolean, red boolean, source text)
language sql stable security definer set search_path = relais, pg_temp as $$
  with lines as (
    select e.person, e.family, e.given, e.profession, e.speciality, e.kind, e.address, e.structure, e.place, e.postcode, false as red, 0 as rank,
           'extract' as source
      from directory_entry e where e.person = wanted or e.address = lower(wanted)
    union all
    select f.person, f.family, f.given, f.profession, f.speciality, f.kind, case when f.red then '' else f.address end, f.structure, f.place, '', f.red,
           f.rank, 'look-up'
      from directory_found f where f.person = wanted or (f.address = lower(wanted) and not f.red)
    union all
    select c.person, '', '', '', '', '', c.address, '', '', '', false, 0, 'confirmed'
      from (select distinct c.person, c.address from directory_confirmed c) c
     where (c.person = wanted or c.address = lower(wanted)) and directory_vouched(c.address, c.person) is not null
       and not exists (select from directory_entry e where e.address = c.address and (c.person = '' or e.person = c.person)))
  select l.person, l.family, l.given, l.profession, l.speciality, l.kind, l.address, l.structure, l.place, l.postcode,
         case when exists (select from directory_preferred p where p.person = l.person) then
           exists (select from directory_preferred p where p.person = l.person and p.address = l.address) else l.rank = 1 end,
         directory_vouched(l.address, l.person) is not null, l.red, l.source
    from lines l order by 1, 11 desc, 7, 8
$$;
-- Those whose name begins so, and in which the other words stand (all in plain letters, as folded is); at most 50.
create function directory_find(words text[]) returns table (person text, family text, given text, profession text, speciality text, kind text,
  address text, place text, postcode text)
language sql stable security definer set search_path = relais, pg_temp as $$
  select e.person, e.family, e.given, e.profession, e.speciality, e.kind, e.address, e.place, e.postcode from directory_entry e
   where e.folded ~>=~ words[1] and e.folded ~<~ (words[1] || chr(127)) and not exists (select from unnest(words[2:]) w where strpos(e.folded, w) = 0)
   order by e.folded, e.address limit 50
$$;
-- What the last extract ended: a mailbox (nobody has it any more), a registration (it is another's now, or elsewhere), a person (no mailbox left).
create function directory_ended(import bigint) returns table (what text, address text, person text, structure text, ended_at timestamptz, expert boolean, dossiers bigint)
language sql stable security definer set search_path = relais, pg_temp as $$
  select case when p.person <> '' and not exists (select from directory_entry e where e.person = p.person) then 'person'
              when not exists (select from directory_entry e where e.address = p.address) then 'mailbox' else 'registration' end,
         p.address, p.person, p.structure, p.ended_at, exists (select from expert x where x.active and x.rpps = p.person),
         (select count(distinct r.dossier) from relay r join dossier d on d.id = r.dossier where d.open and r.mailbox = p.address)
    from directory_past p where p.until = coalesce(directory_ended.import, (select max(i.id) from directory_import i))
   order by 6 desc, 7 desc, 2, 3 limit 1000
$$;

create function directory_prefer(person text, address text, actor text) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  if not directory_is_there(lower(directory_prefer.address), directory_prefer.person) then perform refuse('directory.mailbox-unknown'); end if;
  insert into directory_preferred values (directory_prefer.person, lower(directory_prefer.address), directory_prefer.actor)
    on conflict on constraint directory_preferred_pkey do update set address = excluded.address, actor = excluded.actor, at = now();
  perform directory_hope();
end $$;
create function directory_confirm(address text, person text, actor text, reason text, withdrawn boolean) returns bigint
language plpgsql security definer set search_path = relais, pg_temp as $$
declare given bigint;
begin
  if directory_confirm.withdrawn and directory_vouched(lower(directory_confirm.address), directory_confirm.person) is null then
    perform refuse('local.not-found');
  end if;
  insert into directory_confirmed (address, person, actor, reason, withdrawn)
    values (lower(directory_confirm.address), directory_confirm.person, directory_confirm.actor, directory_confirm.reason, directory_confirm.withdrawn)
    returning id into given;
  perform tally_one('directory_confirmed');
  perform directory_hope();
  return given;
end $$;

-- For one decision: every line of these persons and mailboxes ('entry'; 'old' of an extract that is older than `oldest`), who vouches ('confirmed'),
-- what left ('ended'); 'used' when there is an extract.
create function directory_facts(persons text[], mailboxes text[], oldest timestamptz) returns table (what text, address text, person text, structure text, kind text,
  family text, given text, rank integer, red boolean, preferred boolean)
language plpgsql stable security definer set search_path = relais, pg_temp as $$
begin
  return query
  select 'used', '', '', '', '', '', '', 0, false, false where exists (select from directory_import)
  union all
  select case when (select i.generated_at from directory_import i order by i.id desc limit 1) < directory_facts.oldest then 'old' else 'entry' end,
         e.address, e.person, e.structure, e.kind, e.family, e.given, 0, false,
         exists (select from directory_preferred p where p.person = e.person and p.address = e.address)
    from directory_entry e where (e.person = any(directory_facts.persons) or e.address = any(directory_facts.mailboxes))
     and not exists (select from directory_asked a where a.person = e.person and a.inactive)
  union all
  select 'entry', f.address, f.person, f.structure, f.kind, f.family, f.given, f.rank, f.red,
         exists (select from directory_preferred p where p.person = f.person and p.address = f.address)
    from directory_found f where f.person = any(directory_facts.persons) or f.address = any(directory_facts.mailboxes)
  union all
  select distinct 'confirmed', c.address, c.person, '', '', '', '', 0, false, false
    from directory_confirmed c where c.address = any(directory_facts.mailboxes) and directory_vouched(c.address, c.person) is not null
  union all
  select distinct 'ended', e.address, e.person, '', '', '', '', 0, false, false
    from directory_entry e join directory_asked a on a.person = e.person and a.inactive where e.address = any(directory_facts.mailboxes)
     and not exists (select from expert x where x.active and x.rpps = e.person and x.mailbox = e.address and x.imported_at > a.answered_at)
  union all
  select distinct 'ended', p.address, p.person, '', '', '', '', 0, false, false
    from directory_past p where p.address = any(directory_facts.mailboxes) and not directory_is_there(p.address, p.person)
     and not exists (select from expert x where x.active and x.rpps = p.person and x.mailbox = p.address and x.imported_at > p.ended_at);
end $$;
-- A look-up of these persons, unless one was made within a day, or is under way.
create function directory_ask(persons text[]) returns void
language sql security definer set search_path = relais, pg_temp as $$
  insert into directory_asked (person) select distinct p from unnest(persons) p where p <> ''
    on conflict on constraint directory_asked_pkey do update set next_at = now()
     where directory_asked.answered_at < now() - interval '1 day' and directory_asked.next_at > now()
$$;
-- The registration of every expert, once a day.
create function directory_ask_experts() returns void
language sql security definer set search_path = relais, pg_temp as $$
  select directory_ask(array(select e.rpps from expert e where e.active))
$$;
-- At once, whatever was answered: a person asks.
create function directory_ask_again(person text) returns void
language sql security definer set search_path = relais, pg_temp as $$
  insert into directory_asked (person) values (directory_ask_again.person)
    on conflict on constraint directory_asked_pkey do update set next_at = now(), answered_at = null, reason = null
$$;
create function directory_asking(person text) returns table (answered_at timestamptz, reason text)
language sql stable security definer set search_path = relais, pg_temp as $$
  select a.answered_at, a.reason from directory_asked a where a.person = directory_asking.person
$$;
-- The next look-up that is due, put off while it runs: what dies over it is asked again.
create function directory_ask_claim() returns text
language sql security definer set search_path = relais, pg_temp as $$
  update directory_asked a set next_at = now() + interval '5 minutes', tries = a.tries + 1
   where a.person = (select d.person from directory_asked d where d.next_at <= now() order by d.next_at limit 1 for update skip locked)
  returning a.person
$$;
-- reason null: the answer, which takes the place of the one before; else why there is none, and the last good one stands.
create function directory_answer(person text, address text[], structure text[], kind text[], family text[], given text[], profession text[],
  speciality text[], place text[], rank text[], red text[], inactive boolean, reason text) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
declare n integer;
begin
  if directory_answer.reason is not null then
    select least(a.tries, 10) into n from directory_asked a where a.person = directory_answer.person;
    update directory_asked a set reason = directory_answer.reason, next_at = now() + interval '1 minute' * (1 << coalesce(n, 1))
     where a.person = directory_answer.person;
    return;
  end if;
  update directory_asked a set answered_at = now(), tries = 0, reason = null, next_at = 'infinity', inactive = directory_answer.inactive
   where a.person = directory_answer.person;
  if directory_answer.inactive then
    insert into directory_touched (dossier) select d.id from dossier d where d.open and d.expert = directory_answer.person on conflict do nothing;
  end if;
  delete from directory_found f where f.person = directory_answer.person;
  insert into directory_found (person, address, structure, kind, family, given, profession, speciality, place, rank, red)
    select directory_answer.person, t.address, t.structure, t.kind, t.family, t.given, t.profession, t.speciality, t.place, t.rank::integer, t.red = 'true'
      from unnest(directory_answer.address, directory_answer.structure, directory_answer.kind, directory_answer.family, directory_answer.given,
                  directory_answer.profession, directory_answer.speciality, directory_answer.place, directory_answer.rank, directory_answer.red)
           t(address, structure, kind, family, given, profession, speciality, place, rank, red)
    on conflict do nothing;
  perform directory_hope();
end $$;
-- The next dossier to be looked at again, locked for this transaction.
create function directory_claim() returns bigint
language sql security definer set search_path = relais, pg_temp as $$
  select t.dossier from directory_touched t where t.at <= now() and not (select fenced()) order by t.at limit 1 for update skip locked
$$;
create function directory_done(dossier bigint) returns void
language sql security definer set search_path = relais, pg_temp as $$
  delete from directory_touched t where t.dossier = directory_done.dossier
$$;
create function directory_later(dossier bigint) returns void
language sql security definer set search_path = relais, pg_temp as $$
  update directory_touched t set at = now() + interval '1 minute' where t.dossier = directory_later.dossier
$$;

-- The dossier and party of an answer that names mails of ours (In-Reply-To, References; our Message-IDs have 122 random bits) and comes from
-- the one whom they were sent to, as a relay address would give them. Nothing when they speak of two.
create function relay_by_thread(message_ids text[], mailbox text) returns table (dossier bigint, party text, mailbox_is text)
language plpgsql stable security definer set search_path = relais, pg_temp as $$
begin
  return query select (array_agg(o.dossier))[1], (array_agg(o.party))[1], lower(relay_by_thread.mailbox) from outbox o
   where o.message_id = any (relay_by_thread.message_ids) and relay_speaks(o.party, lower(o.recipient), relay_by_thread.mailbox)
     and o.state in ('sending', 'accepted', 'failed') and o.dossier is not null and o.party <> 'sender' and o.channel = 'mail'
     and not exists (select from erasure e where e.dossier = o.dossier)
  having count(distinct (o.dossier, o.party)) = 1;
end $$;

-- Our own mailboxes; the configuration writes them at start of the worker.
create table mailbox (local text not null, domain text not null, primary key (local, domain));
create function mailbox_set(domain text, locals text[]) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  insert into mailbox select l, lower(mailbox_set.domain) from unnest(locals) l on conflict do nothing;
  delete from mailbox m where m.domain <> lower(mailbox_set.domain) or not m.local = any (locals);
end $$;

-- The reason code for this recipient; 'none' when mail for it is taken from that sender.
-- The empty return path (reports, automatic answers) is taken on any address of ours: what it may do is the policy's to say, and that is little.
create function intake_recipient(local text, domain text, mail_from text) returns text
language plpgsql stable security definer set search_path = relais, pg_temp as $$
declare r relay;
begin
  if not exists (select from mailbox m where m.domain = lower(intake_recipient.domain)) then return 'smtp.recipient.foreign'; end if;
  if exists (select from mailbox m where m.domain = lower(intake_recipient.domain) and m.local = lower(intake_recipient.local)) then return 'none'; end if;
  select x.* into r from relay x where x.local = lower(intake_recipient.local);
  if r.local is null then return 'smtp.recipient.unknown'; end if;
  if intake_recipient.mail_from = '' then return 'none'; end if;
  if not relay_speaks(r.party, r.mailbox, intake_recipient.mail_from) then return 'smtp.recipient.party'; end if;
  return case when r.closed_at is null then 'none' else 'smtp.recipient.closed' end;
end $$;

-- ---------------------------------------------------------------- worker: incoming
create function work_claim(session bigint, batch integer) returns table (inbox bigint, body bigint, size bigint, digest bytea,
  source text, account text, mailbox text, peer_name text, mail_from text, recipients text[], received_at timestamptz, tries integer, params jsonb)
language plpgsql security definer set search_path = relais, pg_temp as $$
declare suspect bigint;
begin
  if fenced() then return; end if;
  -- What was tried before may have ended its worker: it is taken alone, so that nothing else is counted as tried with it.
  select i.id into suspect from inbox i where i.state <> 'done' and i.complete and i.not_before <= now() and i.tries > 0
     and (i.state = 'received' or session_over(i.session, work_claim.session))
   order by i.id limit 1 for update skip locked;
  return query
  with picked as (
    select i.id from inbox i where i.state <> 'done' and i.complete and i.not_before <= now()
       and (i.state = 'received' or session_over(i.session, work_claim.session)) and (suspect is null or i.id = suspect)
     order by i.id limit batch for update skip locked),
  claimed as (
    update inbox i set state = 'claimed', session = work_claim.session, tries = i.tries + 1 from picked
     where i.id = picked.id returning i.*)
  select c.id, c.body, b.size, b.digest, c.source, c.account, c.mailbox, c.peer_name, c.mail_from, c.recipients, c.received_at, c.tries, c.params
    from claimed c join body b on b.id = c.body order by c.id;
end $$;

-- Gives a claimed message back, to be tried again after a pause. A try that failed by our own trouble does not count, for a day: should the
-- message bring that trouble about itself, it ends then. Never, however long it lasts, counts that somebody whom we ask is away.
create function work_release(inbox bigint, session bigint, ours boolean, away boolean) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  update inbox i set state = 'received', session = null, waits = i.waits + (ours or away)::integer,
    not_before = now() + case when ours or away then wait_after(i.waits) else make_interval(secs => i.tries) end,
    tries = i.tries - (away or ours and i.received_at > now() - interval '1 day')::integer
   where i.id = work_release.inbox and i.state = 'claimed' and i.session = work_release.session;
end $$;

-- The same of one that was not tried: it stands as it stood.
create function work_return(inbox bigint, session bigint) returns void
language sql security definer set search_path = relais, pg_temp as $$
  update inbox i set state = 'received', session = null, tries = i.tries - 1
   where i.id = work_return.inbox and i.state = 'claimed' and i.session = work_return.session
$$;

-- What came before under the same Message-ID and From. What is held waits for a person already: its very bytes within a day, before or after (two workers take two copies in any order), are the copy
-- of a peer that never heard our 250, not a second thing to look at. What was refused is with nobody: it is judged again. One at a time a Message-ID, until the end of the transaction: two copies that
-- are decided at once cannot both believe they are the first. The query after the lock sees what the other has committed.
create function work_earlier(inbox bigint, message_id text, from_address text) returns table (earlier bigint, entity_digest text, outcome text)
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  perform pg_advisory_xact_lock(4713, hashtext(work_earlier.message_id));
  return query select i.id, i.entity_digest, i.outcome from inbox i
   where i.message_id = work_earlier.message_id and i.from_address = lower(work_earlier.from_address)
     and i.id <> work_earlier.inbox and i.state = 'done'
     and (i.outcome in ('filed', 'applied') or i.outcome = 'held' and exists (select from inbox w join body b on b.id = w.body join body h on h.id = i.body
            where w.id = work_earlier.inbox and b.digest = h.digest and b.size = h.size and w.recipients = i.recipients
              and w.received_at - i.received_at between interval '-1 day' and interval '1 day'))
   order by i.outcome = 'held', i.id limit 1;
end $$;

-- own: the message is one of ours that comes back. receipted: a report on it was decided before. notices: reports and letters of refusal
-- that this correspondent had within a day (of receipts, M70, there may be as many as there are good documents).
create function work_context(inbox bigint, message_id text, correspondent text, out own boolean, out receipted boolean, out notices bigint)
language plpgsql stable security definer set search_path = relais, pg_temp as $$
begin
  own := exists (select from outbox o where o.message_id = work_context.message_id);
  receipted := exists (select from outbox o where o.inbox = work_context.inbox and o.form = 'report');
  notices := (select count(*) from outbox o where lower(o.recipient) = lower(work_context.correspondent)
               and o.created_at > now() - interval '1 day' and (o.form = 'report' or o.code = 'M71'));
end $$;

create function work_done(inbox bigint, session bigint, message_id text, from_address text, entity_digest text, class text,
  facts jsonb, outcome text, reason text, owner text, rule text, dossier bigint, at timestamptz) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  update inbox i set state = 'done', message_id = work_done.message_id, from_address = lower(work_done.from_address),
    entity_digest = work_done.entity_digest, class = work_done.class, outcome = work_done.outcome,
    facts = jsonb_set(work_done.facts, '{notices}', to_jsonb((work_done.facts->>'notices')::integer + coalesce((i.facts->>'notices')::integer, 0))),
    reason = work_done.reason, owner = work_done.owner, rule = work_done.rule, dossier = work_done.dossier, decided_at = work_done.at,
    session = null, held_at = case when work_done.outcome = 'held' then instant() end, held_told = 0
   where i.id = work_done.inbox and i.state = 'claimed' and i.session = work_done.session;
  if not found then perform refuse('store.conflict'); end if;
end $$;

create function inbox_facts(inbox bigint) returns table (body bigint, facts jsonb, received_at timestamptz)
language plpgsql stable security definer set search_path = relais, pg_temp as $$
begin
  return query select i.body, i.facts, i.received_at from inbox i where i.id = inbox_facts.inbox;
end $$;

-- ---------------------------------------------------------------- worker: experts and load
-- What is open with an expert: held, or offered to him.
create function expert_open(rpps text) returns table (id bigint, ref text, state text, due_at timestamptz)
language sql stable security definer set search_path = relais, pg_temp as $$
  select d.id, d.ref, d.state, d.due_at from dossier d where d.open and (d.expert = expert_open.rpps or d.asked = expert_open.rpps) order by d.due_at, d.id
$$;
-- How many of them, and how many await his answer.
create function expert_load(rpps text, out load bigint, out asked bigint)
language sql stable security definer set search_path = relais, pg_temp as $$
  select count(*), count(*) filter (where d.asked = expert_load.rpps) from dossier d
   where d.open and (d.expert = expert_load.rpps or d.asked = expert_load.rpps)
$$;
-- Dossiers that he accepted within seven days before that instant.
create function expert_week(rpps text, at timestamptz) returns bigint
language sql stable security definer set search_path = relais, pg_temp as $$
  select count(distinct e.dossier) from dossier_event e
   where e.data->>'rpps' = expert_week.rpps and e.kind = 'offer_accepted' and e.at > expert_week.at - interval '7 days'
$$;
-- The experts of a pathology (null: all there are) and those named, with what is counted of each and every leave that is not over.
create function expert_candidates(pathology text, named text[], at timestamptz) returns table (rpps text, version integer, data jsonb, load bigint, asked bigint, week bigint, offered_at timestamptz,
  ended boolean)
language plpgsql stable security definer set search_path = relais, pg_temp as $$
begin
  return query select e.rpps, e.version,
      e.data || jsonb_build_object('leave', coalesce(e.data->'leave', '[]') || coalesce(
        (select jsonb_agg(jsonb_build_object('from', to_char(l.from_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
                                             'until', to_char(l.until_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')))
           from expert_leave l where l.rpps = e.rpps and l.ended_at is null and l.until_at > expert_candidates.at), '[]')),
      o.load, o.asked, expert_week(e.rpps, expert_candidates.at),
      (select max(v.at) from dossier_event v where v.data->>'rpps' = e.rpps and v.kind in ('offered', 'standby_offered')),
      coalesce(directory_gone(e.mailbox, e.rpps, e.imported_at), false)
    from expert e, expert_load(e.rpps) o
   where e.active and (expert_candidates.pathology is null or e.pathologies @> array[expert_candidates.pathology] or e.rpps = any (expert_candidates.named))
   order by e.rpps;
end $$;
-- An offer to him is about to be written. Two that are decided at once cannot both believe that he has room: the second sees what the first
-- has committed, and is decided again.
create function expert_take(rpps text, load bigint, taken bigint, at timestamptz) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
declare now_load bigint; now_asked bigint;
begin
  perform pg_advisory_xact_lock(4716, hashtext(expert_take.rpps));
  select l.load, l.asked into now_load, now_asked from expert_load(expert_take.rpps) l;
  if now_load > expert_take.load or now_asked + expert_week(expert_take.rpps, expert_take.at) > expert_take.taken then perform refuse('store.conflict'); end if;
end $$;

create function leave_add(rpps text, from_at timestamptz, until_at timestamptz, source text, actor text, dossier bigint, event integer, at timestamptz) returns bigint
language plpgsql security definer set search_path = relais, pg_temp as $$
declare given bigint;
begin
  if not exists (select from expert e where e.rpps = leave_add.rpps and e.active) then perform refuse('local.not-found'); end if;
  insert into expert_leave (rpps, from_at, until_at, source, actor, dossier, event, told_at)
    values (leave_add.rpps, leave_add.from_at, leave_add.until_at, leave_add.source, leave_add.actor, leave_add.dossier, leave_add.event, leave_add.at)
    returning id into given;
  return given;
end $$;
-- He is back, or it was a mistake: the row stays as it was told, with its end.
create function leave_end(leave bigint, actor text, at timestamptz) returns boolean
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  update expert_leave l set ended_at = leave_end.at, ended_by = leave_end.actor where l.id = leave_end.leave and l.ended_at is null;
  return found;
end $$;
-- Offers that he let run out within 90 days: told politely, in his load.
create function expert_silence(at timestamptz) returns table (rpps text, silences bigint)
language sql stable security definer set search_path = relais, pg_temp as $$
  select e.data->>'rpps', count(*) from dossier_event e where e.kind = 'offer_expired' and e.at > expert_silence.at - interval '90 days' group by 1
$$;
-- The first instant of a day in Paris, so many days later; null for what is no day. It was read in a message.
create function day_told(day text, more integer) returns timestamptz language plpgsql stable as $$
begin
  return (day_told.day::date + more)::timestamp at time zone 'Europe/Paris';
exception when others then
  return null;
end $$;
-- Every absence that is not over, of the calendar and of the imports, with what is open with him; and, number null and source "automatic", what
-- an automatic answer seems to tell: for a person to believe or not.
create function leave_list(at timestamptz) returns table (number bigint, rpps text, name text, from_at timestamptz, until_at timestamptz, source text, actor text, message text, dossiers text)
language sql stable security definer set search_path = relais, pg_temp as $$
  with told as (
    select l.id, l.rpps, l.from_at, l.until_at, l.source, l.actor, null::text as message from expert_leave l where l.ended_at is null and l.until_at > leave_list.at
    union all
    select null, e.rpps, (l->>'from')::timestamptz, (l->>'until')::timestamptz, 'import', null, null
      from expert e, jsonb_array_elements(coalesce(e.data->'leave', '[]')) l where e.active and (l->>'until')::timestamptz > leave_list.at
    union all
    select null, e.rpps, day_told(i.facts->'absence'->>'from', 0), day_told(i.facts->'absence'->>'until', 1), 'automatic', null, 'R' || i.id
      from inbox i join expert e on e.active and e.mailbox = i.from_address
     where i.outcome = 'held' and i.reason = 'reply.automatic' and day_told(i.facts->'absence'->>'until', 1) > leave_list.at)
  select t.id, t.rpps, coalesce(nullif(concat_ws(' ', e.data->>'given', e.data->>'family'), ''), e.data->>'name', e.data->>'organisation'), t.from_at, t.until_at, t.source, t.actor, t.message,
         (select string_agg(o.ref, ' ') from expert_open(t.rpps) o)
    from told t left join expert e on e.rpps = t.rpps and e.active order by t.from_at nulls first, t.rpps, t.id
$$;

create function expert_get(rpps text) returns table (version integer, data jsonb)
language sql stable security definer set search_path = relais, pg_temp as $$
  select e.version, e.data from expert e where e.rpps = expert_get.rpps and e.active
$$;

-- ---------------------------------------------------------------- worker: outgoing
-- 0 when this effect was decided before: the mail exists already. Nobody is told: who decided it goes on to have it composed.
create function outbox_add(effect text, dossier bigint, event bigint, inbox bigint, code text, party text, recipient text,
  return_path text, message_id text, rule text, request jsonb, attach jsonb, at timestamptz, channel text default 'mail') returns bigint
language plpgsql security definer set search_path = relais, pg_temp as $$
declare given bigint;
begin
  insert into outbox (effect, dossier, event, inbox, code, party, recipient, domain, return_path, form, message_id, envelope_id, rule, request, attach, created_at, channel)
    values (outbox_add.effect, outbox_add.dossier, outbox_add.event, outbox_add.inbox, outbox_add.code, outbox_add.party,
            outbox_add.recipient, lower(regexp_replace(outbox_add.recipient, '^.*@', '')), outbox_add.return_path, case outbox_add.return_path when '' then 'report' else 'signed' end, outbox_add.message_id,
            replace(gen_random_uuid()::text, '-', ''), outbox_add.rule, outbox_add.request, outbox_add.attach, outbox_add.at, outbox_add.channel)
    on conflict on constraint outbox_effect_key do nothing returning id into given;
  if given is not null then perform sent_compare(given); end if;
  return coalesce(given, 0);
end $$;

-- A service mail: to our own people, to an expert or a partner, of no dossier. Made once for a code, a mailbox and an occasion (the unique effect); 0
-- when it was made before. To whom such mail may go at all the signer knows (gateway/service_mail.h).
create function service_add(code text, party text, recipient text, occasion text, return_path text, message_id text, rule text, request jsonb, at timestamptz) returns bigint
language plpgsql security definer set search_path = relais, pg_temp as $$
declare given bigint;
begin
  given := outbox_add('service:' || service_add.code || ':' || lower(service_add.recipient) || ':' || service_add.occasion, null, null, null, service_add.code,
    service_add.party, service_add.recipient, service_add.return_path, service_add.message_id, service_add.rule, service_add.request, '{}', service_add.at);
  if given <> 0 then perform tally_one('service'); end if;
  return given;
end $$;

-- Was that service mail made for that mailbox? Two partners may have one contract's figures.
create function service_made(code text, recipient text, occasion text) returns boolean
language sql stable security definer set search_path = relais, pg_temp as $$
  select exists (select from outbox o where o.effect = 'service:' || service_made.code || ':' || lower(service_made.recipient) || ':' || service_made.occasion)
$$;

-- What falls due of no dossier: each service with when it is next (gateway/work_daily.c says what it does and when again). '-infinity': never yet.
create table service_timer (name text primary key, due timestamptz not null default '-infinity');
insert into service_timer (name) values ('digest'), ('figures'), ('statements'), ('partners'), ('watch');
create function service_claim(at timestamptz) returns table (name text, due timestamptz)
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  return query select t.name, t.due from service_timer t where t.due <= service_claim.at and not (select fenced()) order by t.due, t.name limit 1 for update skip locked;
end $$;
create function service_next(name text, due timestamptz) returns void
language sql security definer set search_path = relais, pg_temp as $$
  update service_timer t set due = service_next.due where t.name = service_next.name
$$;

create function compose_claim(session bigint) returns table (outbox bigint, dossier bigint, inbox bigint, code text, party text,
  recipient text, message_id text, request jsonb, attach jsonb, created_at timestamptz, tries integer, form text, passed jsonb)
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  return query
  with picked as (
    select o.id from outbox o where o.state = 'decided' and o.next_at <= now() and not o.frozen and not (select fenced()) and session_over(o.session, compose_claim.session)
     order by o.id limit 1 for update skip locked)
  update outbox o set session = compose_claim.session, tries = o.tries + 1 from picked where o.id = picked.id
  returning o.id, o.dossier, o.inbox, o.code, o.party, o.recipient, o.message_id, o.request, o.attach, o.created_at, o.tries, o.form, o.look->'passed';
end $$;

create function compose_done(outbox bigint, session bigint, head bytea, size bigint, digest bytea, sealed_key bytea, key_name text, first_chunk bytea) returns bigint
language plpgsql security definer set search_path = relais, pg_temp as $$
declare b bigint := body_make(compose_done.size, compose_done.digest, compose_done.sealed_key, compose_done.key_name, first_chunk);
begin
  update outbox o set state = 'composed', head = compose_done.head, entity = b, composed_at = now(), session = null, tries = 0
   where o.id = compose_done.outbox and o.state = 'decided' and o.session = compose_done.session;
  if not found then perform refuse('store.conflict'); end if;
  perform tell('signer');
  return b;
end $$;
create function compose_chunk(outbox bigint, number integer, data bytea) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  insert into body_chunk select o.entity, compose_chunk.number, compose_chunk.data, sha256(compose_chunk.data) from outbox o
   where o.id = compose_chunk.outbox and o.state = 'composed';
end $$;
-- ours, away: as of work_release.
create function compose_failed(outbox bigint, session bigint, reason text, final boolean, ours boolean, away boolean) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  update outbox o set state = case when final then 'failed' else 'decided' end, reason = compose_failed.reason, session = null,
    tries = o.tries - (away or ours and o.created_at > now() - interval '1 day')::integer, waits = o.waits + (ours or away)::integer,
    ended_at = case when final then now() end, next_at = now() + case when ours or away then wait_after(o.waits) else interval '5 seconds' end
   where o.id = compose_failed.outbox and o.state = 'decided' and o.session = compose_failed.session;
  if not found then perform refuse('store.conflict'); end if;
end $$;

-- Whose dossier is open, of others than this one, among who has one of these numbers (13 signs, lower case) or birth dates: whom a text may name.
-- By two indexes over open dossiers alone, so that neither the past nor the register's size counts.
create function shield_people(own bigint, numbers text[], days text[], most bigint) returns table (dossier bigint, ref text, patient jsonb)
language sql stable security definer set search_path = relais, pg_temp as $$
  select d.id, d.ref, e.data->'patient' from (
    select x.id, x.ref from dossier x where x.open and lower(left(x.ins, 13)) = any (shield_people.numbers)
    union
    select x.id, x.ref from dossier x where x.open and x.born = any (shield_people.days)) d
   join dossier_event e on e.dossier = d.id and e.seq = 1
   where d.id <> shield_people.own order by d.id limit shield_people.most
$$;
-- The patient of a dossier, as its request tells.
create function shield_own(dossier bigint) returns jsonb
language sql stable security definer set search_path = relais, pg_temp as $$
  select e.data->'patient' from dossier_event e where e.dossier = shield_own.dossier and e.seq = 1
$$;
-- The mail was looked at, and names none of these people: they are those of now, in the transaction that composes it, or it is to be looked at
-- once more. A dossier whose opening was committed meanwhile is not missed; one that is committed later was opened after the mail was composed.
create function shield_clear(outbox bigint, own bigint, numbers text[], days text[], most bigint, seen bigint[], look jsonb, searched boolean) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  if (select coalesce(array_agg(p.dossier order by p.dossier), '{}') from shield_people(shield_clear.own, shield_clear.numbers, shield_clear.days, shield_clear.most) p)
      is distinct from shield_clear.seen then perform refuse('store.conflict'); end if;
  update outbox o set looked = case when shield_clear.searched and o.looked is distinct from 'let-go' then 'clear' else o.looked end, look = coalesce(o.look, '{}') || shield_clear.look
   where o.id = shield_clear.outbox;
end $$;
-- It waits for a person's look, and nobody composes it before. Whom a person let it name before stays let go (passed).
create function shield_stop(outbox bigint, session bigint, reason text, look jsonb) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  update outbox o set looked = 'held', look = jsonb_strip_nulls(jsonb_build_object('passed', o.look->'passed')) || shield_stop.look,
    reason = shield_stop.reason, session = null, tries = 0, next_at = 'infinity'
   where o.id = shield_stop.outbox and o.state = 'decided' and o.session = shield_stop.session;
  if not found then perform refuse('store.conflict'); end if;
end $$;
-- A person has looked at what the shield found: the people whom the mail names (by their dossiers), or that it could not be read whole. That,
-- and nothing else, is let go; the mail is scanned and searched again, and stops for anybody else. What the scanner stopped is as it was.
create function shield_let_go(outbox bigint, dossier bigint) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  update outbox o set looked = case when o.reason like 'shield.%' or o.look ? 'passed' then 'let-go' end,
    look = case when o.reason not like 'shield.%' then o.look else o.look || jsonb_build_object('passed', jsonb_build_object(
      'people', coalesce(o.look->'passed'->'people', '[]') || coalesce(o.look->'people', '[]'),
      'unread', coalesce((o.look->'passed'->>'unread')::boolean, false) or o.reason = 'shield.unread')) end,
    reason = null, next_at = now()
   where o.id = shield_let_go.outbox and o.dossier = shield_let_go.dossier and o.looked = 'held' and o.state = 'decided';
  if not found then perform refuse('outbox.over'); end if;
  perform tell('inbox');
end $$;
-- One that was cancelled meanwhile is dropped all the same: the person need not know.
create function shield_drop(outbox bigint, dossier bigint) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  update outbox o set looked = 'dropped', reason = case o.state when 'decided' then 'shield.dropped' else o.reason end,
    ended_at = coalesce(o.ended_at, now()), told = true, state = 'cancelled', session = null
   where o.id = shield_drop.outbox and o.dossier = shield_drop.dossier and o.looked = 'held' and o.state in ('decided', 'cancelled');
  if not found then perform refuse('outbox.over'); end if;
  perform mail_late_over();
end $$;

-- A mail in a session now is past stopping there: should that fail, it is not tried again (deliver_result, deliver_claim).
create function outbox_stopped(dossier bigint, at timestamptz) returns void
language plpgsql as $$
begin
  update outbox o set state = 'cancelled', reason = o.stop, ended_at = coalesce(o.ended_at, outbox_stopped.at), session = null,
    told = o.stop <> 'dossier.document.stopped', next_at = now()
   where o.dossier = outbox_stopped.dossier and o.stop is not null and o.state in ('decided', 'composed', 'sealed', 'failed');
  perform mail_late_over();
end $$;
-- What was decided for a party (all parties when it is null) and has not left does not leave any more, nor can it be tried again.
-- To one who lost the dossier nothing more goes but the word that he did.
create function outbox_cancel_mailbox(dossier bigint, mailbox text, at timestamptz) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  update outbox o set stop = case o.state when 'failed' then o.reason else 'dossier.taken-back' end
   where o.dossier = outbox_cancel_mailbox.dossier and o.state in ('decided', 'composed', 'sealed', 'sending', 'failed')
     and o.party in ('expert', 'standby') and o.code <> 'M18' and lower(o.recipient) = lower(outbox_cancel_mailbox.mailbox);
  perform outbox_stopped(outbox_cancel_mailbox.dossier, outbox_cancel_mailbox.at);
end $$;
create function outbox_cancel_representative(dossier bigint, mailbox text, at timestamptz) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  update outbox o set stop = case o.state when 'failed' then o.reason else 'consent.none' end
   where o.dossier = outbox_cancel_representative.dossier and o.state in ('decided', 'composed', 'sealed', 'sending', 'failed')
     and o.party in ('representative', 'other_parent')
     and (lower(o.recipient) = lower(outbox_cancel_representative.mailbox) or outbox_cancel_representative.mailbox = '' and o.channel = 'paper');
  perform outbox_stopped(outbox_cancel_representative.dossier, outbox_cancel_representative.at);
end $$;
-- An offer that is over is nobody's to answer: it is not made, nor reminded of, any more.
create function outbox_cancel_offer(dossier bigint, mailbox text, at timestamptz) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  update outbox o set stop = case o.state when 'failed' then o.reason else 'dossier.offer.over' end
   where o.dossier = outbox_cancel_offer.dossier and o.state in ('decided', 'composed', 'sealed', 'sending', 'failed')
     and o.code in ('M10', 'M11', 'M12') and lower(o.recipient) = lower(outbox_cancel_offer.mailbox);
  perform outbox_stopped(outbox_cancel_offer.dossier, outbox_cancel_offer.at);
end $$;
-- A mail that carries a document, or tells of it in the dossier's PDF, does not leave once its sender has taken it back: it is not over, its
-- dossier decides it again without (outcome_claim). One that failed is no more to be tried again with it.
create function outbox_cancel_document(dossier bigint, document text, at timestamptz) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
declare place jsonb;
begin
  select jsonb_build_array(jsonb_build_object('inbox', d.inbox, 'digest', d.digest)) into place from dossier_document d
   where d.dossier = outbox_cancel_document.dossier and d.document = outbox_cancel_document.document;
  update outbox o set stop = 'dossier.document.stopped'
   where o.dossier = outbox_cancel_document.dossier and o.state in ('decided', 'composed', 'sealed', 'sending', 'failed')
     and (o.attach->'documents' @> place or o.attach->'elsewhere' @> place);
  perform outbox_stopped(outbox_cancel_document.dossier, outbox_cancel_document.at);
  perform tell('inbox');
end $$;
-- The demand to delete is never taken back; nor, while he lives, whom to call in an emergency because a request ended. The physician who asked loses
-- the report alone: what his request lacks he is asked for as before.
create function outbox_cancel(dossier bigint, party text, at timestamptz) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  update outbox o set stop = case o.state when 'failed' then o.reason else 'consent.none' end
   where o.dossier = outbox_cancel.dossier and o.state in ('decided', 'composed', 'sealed', 'sending', 'failed')
     and (outbox_cancel.party is null or o.party = outbox_cancel.party) and o.code <> 'M18'
     and (outbox_cancel.party is distinct from 'requester' or o.code = 'M64')
     and (o.code <> 'M33' or outbox_cancel.party is not null
          or exists (select from dossier_event e where e.dossier = outbox_cancel.dossier and e.kind = 'died'));
  perform outbox_stopped(outbox_cancel.dossier, outbox_cancel.at);
end $$;

-- While a dossier is frozen nothing of it leaves but whom to call in an emergency and the demand to delete; lifted, what waited goes on where it
-- stood. A session under way ends with its answer: put off there, sealed or tried again by hand meanwhile, its mail stays.
create function outbox_freeze(dossier bigint, frozen boolean) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  update outbox o set frozen = outbox_freeze.frozen
   where o.dossier = outbox_freeze.dossier and (o.state in ('decided', 'composed', 'sealed', 'sending', 'failed') or o.state = 'cancelled' and not o.told)
     and o.code not in ('M18', 'M33') and o.frozen <> outbox_freeze.frozen;
  perform tell('inbox'), tell('signer'), tell('outbox');
end $$;

-- A version of the report that has not left when the next is released would arrive behind it: it stays, even where it failed and a person
-- could try it again. The same version on its way to others goes on.
create function report_cancel(dossier bigint, version bigint, at timestamptz) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  update outbox o set stop = case o.state when 'failed' then o.reason else 'report.replaced' end
   where o.dossier = report_cancel.dossier and (o.request->'report'->>'version')::bigint < report_cancel.version
     and o.state in ('decided', 'composed', 'sealed', 'sending', 'failed');
  perform outbox_stopped(report_cancel.dossier, report_cancel.at);
end $$;
-- What compose was asked for with the report of that number, by the first mail that carried it: the same number is always the same document.
create function report_asked(dossier bigint, id text) returns jsonb
language sql stable security definer set search_path = relais, pg_temp as $$
  select o.request->'report' from outbox o where o.dossier = report_asked.dossier and o.request->'report'->>'id' = report_asked.id
   order by o.id limit 1
$$;

-- Mails of which the dossier must be told something: their end, or (state 'late') that they were decided before `late` and have not left; or
-- (state 'cancelled') that they were stopped for a document, with what they carried. The dossier is locked before its mail, as everywhere: a
-- report that holds the dossier is about to write on the mail. Whose dossier is held is left to a later look.
create function outcome_claim(late timestamptz) returns table (outbox bigint, dossier bigint, code text, party text, recipient text, state text,
  reason text, proof integer, ended_at timestamptz, enhanced text, carried jsonb, part text)
language plpgsql security definer set search_path = relais, pg_temp as $$
declare next record;
begin
  if fenced() then return; end if;
  for next in
    (select o.id, o.dossier as of, false as is_late from outbox o
      where (o.state in ('accepted', 'failed') or o.state = 'cancelled' and o.stop is not null and not o.frozen) and not o.told and o.next_at <= now()
      order by o.id limit 64)
    union all
    (select o.id, o.dossier, true from outbox o
      where o.state in ('decided', 'composed', 'sealed', 'sending') and o.warned_at is null and o.created_at <= outcome_claim.late and o.warn_after <= now()
      order by o.created_at limit 64)
  loop
    if next.of is not null then
      perform from dossier d where d.id = next.of for update skip locked;
      continue when not found;
    end if;
    return query select o.id, o.dossier, o.code, o.party, o.recipient, case when next.is_late then 'late' else o.state end, o.reason, o.proof, o.ended_at, o.enhanced,
        case when o.state = 'cancelled' then jsonb_build_object('documents', o.attach->'documents', 'words', o.request->'fields'->'answer_text') end,
        o.request->'fields'->>'part'
      from outbox o where o.id = next.id
       and case when next.is_late then o.state in ('decided', 'composed', 'sealed', 'sending') and o.warned_at is null and o.warn_after <= now()
                else (o.state in ('accepted', 'failed') or o.state = 'cancelled' and o.stop is not null and not o.frozen) and not o.told and o.next_at <= now() end
       for update skip locked;
    if found then return; end if;
  end loop;
end $$;
-- A service mail that reached nobody is an alarm, until one reaches that mailbox again: it has no dossier whose task it could be. The alarm names
-- each such mailbox, and lasts as long as there is one.
create function outcome_told(outbox bigint) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
declare m outbox; failing jsonb; whose text;
begin
  update outbox o set told = true where o.id = outcome_told.outbox returning o.* into m;
  if m.warned_at is not null then perform mail_late_over(); end if;
  if m.event is not null or m.inbox is not null then return; end if;
  select a.detail->'mailboxes' into failing from alarm a where a.name = 'staff.failed' and a.cleared_at is null for update;
  failing := coalesce(failing, '{}');
  whose := lower(m.recipient);
  if m.state = 'failed' then
    perform alarm_raise('staff.failed', 'critical', jsonb_build_object('mailboxes', failing || jsonb_build_object(whose, m.code || ' ' || m.reason)));
  elsif m.state = 'accepted' and failing - whose = '{}' and failing ? whose then
    perform alarm_clear('staff.failed');
  elsif m.state = 'accepted' and failing ? whose then
    perform alarm_raise('staff.failed', 'critical', jsonb_build_object('mailboxes', failing - whose));
  end if;
end $$;
-- One that could not be told must not stand in the way of the others.
create function outcome_later(outbox bigint, seconds bigint) returns void
language sql security definer set search_path = relais, pg_temp as $$
  update outbox o set next_at = now() + outcome_later.seconds * interval '1 second' where o.id = outcome_later.outbox and o.state in ('accepted', 'failed', 'cancelled') and not o.told;
  update outbox o set warn_after = now() + outcome_later.seconds * interval '1 second' where o.id = outcome_later.outbox and o.warned_at is null
$$;

-- A report names a mail of ours by its envelope id, or by Message-ID and recipient.
create function report_match(envelope_id text, message_id text, recipient text)
  returns table (outbox bigint, dossier bigint, code text, party text, recipient_is text, proof integer, part text)
language plpgsql stable security definer set search_path = relais, pg_temp as $$
begin
  return query select o.id, o.dossier, o.code, o.party, o.recipient, o.proof, o.request->'fields'->>'part' from outbox o
   where o.state in ('sending', 'accepted', 'failed')
     and (o.envelope_id = report_match.envelope_id
          or (report_match.envelope_id is null and o.message_id = report_match.message_id))
     and lower(o.recipient) = lower(report_match.recipient) and not exists (select from erasure e where e.dossier = o.dossier);
end $$;
-- A party's own words answer a mail of his dossier: the one that he names, else the last that his operator took.
create function answer_match(dossier bigint, party text, message_id text) returns bigint
language sql stable security definer set search_path = relais, pg_temp as $$
  select o.id from outbox o where o.dossier = answer_match.dossier and o.party = answer_match.party
     and (o.message_id = answer_match.message_id or o.state = 'accepted')
   order by o.message_id = answer_match.message_id desc, o.id desc limit 1
$$;
-- The message whose words went to the expert in the mail that he answers; 0 when he names none, or several.
create function question_match(dossier bigint, message_ids text[]) returns bigint
language sql stable security definer set search_path = relais, pg_temp as $$
  select case when count(distinct o.inbox) = 1 then min(o.inbox) else 0 end from outbox o
   where o.dossier = question_match.dossier and o.code = 'M30' and o.message_id = any (question_match.message_ids)
$$;
create function outbox_proof(outbox bigint, proof integer, failed_reason text) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  update outbox o set proof = greatest(o.proof, outbox_proof.proof),
    state = case when failed_reason is null then o.state else 'failed' end, told = o.told or failed_reason is not null,
    reason = coalesce(failed_reason, o.reason) where o.id = outbox_proof.outbox;
end $$;

-- ---------------------------------------------------------------- timers and commands
create function timer_claim(at timestamptz) returns setof bigint
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  return query select d.id from dossier d where d.next_due <= timer_claim.at and not (select fenced()) order by d.next_due limit 1 for update skip locked;
end $$;

create function timer_set(dossier bigint, at timestamptz) returns void
language sql security definer set search_path = relais, pg_temp as $$
  update dossier d set next_due = timer_set.at where d.id = timer_set.dossier
$$;

-- One that could not be decided must not stand in the way of the others; the next fold writes the true time again.
create function timer_later(dossier bigint, at timestamptz, seconds bigint) returns void
language sql security definer set search_path = relais, pg_temp as $$
  update dossier d set next_due = timer_later.at + timer_later.seconds * interval '1 second' where d.id = timer_later.dossier and d.next_due <= timer_later.at
$$;

-- Nothing under a hold is erased. Rows are only added; one is lifted by another person than the one who set it.
create table hold (
  id bigint generated always as identity primary key,
  dossier bigint references dossier, inbox bigint references inbox, check ((dossier is null) <> (inbox is null)),
  reason text not null, actor text not null, set_at timestamptz not null default now(),
  lifted_at timestamptz, lifted_by text, lift_reason text, check ((lifted_at is null) = (lifted_by is null)), check (lifted_by <> actor)
);
create unique index hold_dossier on hold (dossier) where dossier is not null and lifted_at is null;
create unique index hold_inbox on hold (inbox) where inbox is not null and lifted_at is null;

-- What an operator or a nurse asks for: decided by the same code as everything else.
create table command (
  id bigint generated always as identity primary key, at timestamptz not null default now(),
  actor text not null, kind text not null, dossier bigint references dossier, inbox bigint references inbox, outbox bigint references outbox,
  args jsonb not null default '{}', state text not null default 'asked' check (state in ('asked', 'done')), reason text, done_at timestamptz,
  session bigint, waits integer not null default 0, not_before timestamptz not null default '-infinity'
);
create index command_open on command (id) where state = 'asked';

create function command_ask(actor text, kind text, dossier bigint, inbox bigint, outbox bigint, args jsonb) returns bigint
language plpgsql security definer set search_path = relais, pg_temp as $$
declare given bigint;
begin
  if exists (select from fence) then perform refuse('store.earlier'); end if;
  if command_ask.inbox is not null and not exists (select from inbox i where i.id = command_ask.inbox and i.outcome = 'held') then
    perform refuse('local.not-found');
  end if;
  if exists (select from erasure r where r.dossier = command_ask.dossier) then perform refuse('dossier.erased'); end if;
  if command_ask.kind = 'erase' and exists (select from hold h where h.dossier = command_ask.dossier and h.lifted_at is null) then perform refuse('hold.stands'); end if;
  insert into command (actor, kind, dossier, inbox, outbox, args)
    values (command_ask.actor, command_ask.kind, command_ask.dossier, command_ask.inbox, command_ask.outbox, command_ask.args) returning id into given;
  perform tally_one('command');
  perform tell('inbox');
  return given;
end $$;
create function command_answer(command bigint) returns text
language sql stable security definer set search_path = relais, pg_temp as $$
  select c.reason from command c where c.id = command_answer.command and c.state = 'done'
$$;
-- Claimed before what it is about is read, as a message is: that may take long, and no transaction and no other act waits for it. A session has one in hand: what
-- it comes back for could not be given back.
create function command_claim(session bigint) returns table (command bigint, actor text, kind text, dossier bigint, inbox bigint, args jsonb)
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  return query update command c set session = command_claim.session where c.id = (
      select x.id from command x where x.state = 'asked' and x.not_before <= now()
         and (x.session = command_claim.session or session_over(x.session, command_claim.session))
         and not (select fenced()) order by x.id limit 1 for update skip locked)
    returning c.id, c.actor, c.kind, c.dossier, c.inbox, c.args;
end $$;
create function command_done(command bigint, session bigint, reason text) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  update command c set state = 'done', reason = command_done.reason, done_at = now()
   where c.id = command_done.command and c.state = 'asked' and c.session = command_done.session;
  if not found then perform refuse('store.conflict'); end if;
end $$;
-- It could not be done now: it is tried again after a pause, and stands in nobody's way meanwhile.
create function command_later(command bigint, session bigint) returns void
language sql security definer set search_path = relais, pg_temp as $$
  update command c set session = null, waits = c.waits + 1, not_before = now() + wait_after(c.waits)
   where c.id = command_later.command and c.state = 'asked' and c.session = command_later.session
$$;

-- ---------------------------------------------------------------- keeper
-- May who has this role open that body now? A worker: a message that it has claimed, one that is held while an act on it is asked, and what the mail that it
-- composes is made of; signer and deliverer: the entity of a row that they have claimed. A claim counts while the connection lives that made it.
create function keeper_may(role text, body bigint, mail bigint) returns boolean language plpgsql as $$
begin
  case keeper_may.role
  when 'worker' then return exists (select from inbox i where i.body = keeper_may.body and (
      i.state = 'claimed' and not session_over(i.session, 0)
      or i.outcome = 'held' and exists (select from command c where c.state = 'asked' and c.inbox = i.id)
      or exists (select from outbox o where o.id = keeper_may.mail and o.state = 'decided' and not session_over(o.session, 0)
        and (o.inbox = i.id or o.dossier = i.dossier or exists (select from dossier_document x where x.dossier = o.dossier and x.inbox = i.id)))));
  -- The same, and messages that were opened once: a copy or a second look at them needs them again.
  when 'opener' then return keeper_may('worker', keeper_may.body, keeper_may.mail) or exists (select from inbox i where i.body = keeper_may.body and i.facts ? 'opened');
  when 'signer' then return exists (select from outbox o where o.entity = keeper_may.body and o.state = 'composed' and not session_over(o.session, 0));
  when 'deliverer' then return exists (select from outbox o where o.entity = keeper_may.body and o.state = 'sending' and o.encrypted is null and not session_over(o.session, 0));
  when 'operator' then return true;
  else return false;
  end case;
end $$;

-- For the opener of encrypted mail: the message of that body when it may be opened now, else null. For the worker as the keeper says; for the operator, whom the
-- opener knows by its socket, one that was opened before.
create function open_claim(body bigint, mail bigint, operator boolean) returns bigint
language sql security definer set search_path = relais, pg_temp as $$
  select i.id from inbox i where i.body = open_claim.body
     and case when open_claim.operator then i.facts ? 'opened' else keeper_may('worker', i.body, open_claim.mail) end
$$;

-- Several questions at once: who asks, for which body, for which mail (0: none). A body that is not there gives no row.
create function keeper_open(roles text[], bodies bigint[], mails bigint[]) returns table (n bigint, size bigint, digest bytea, sealed_key bytea, key_name text, may boolean)
language sql security definer set search_path = relais, pg_temp as $$
  select q.n, b.size, b.digest, b.sealed_key, b.key_name, keeper_may(q.role, b.id, q.mail)
    from unnest(roles, bodies, mails) with ordinality q (role, body, mail, n) join body b on b.id = q.body
$$;

-- Bodies after that one which are still under a key of intake though it is decided where they belong: with their dossier, or with the other mail of today. ref:
-- of that dossier alone. in_use: others lie there already.
create function keeper_pending(after bigint, most bigint, ref text) returns table (body bigint, size bigint, digest bytea, sealed_key bytea, key_name text, home text, in_use boolean)
language sql stable security definer set search_path = relais, pg_temp as $$
  select x.id, x.size, x.digest, x.sealed_key, x.key_name, x.home, exists (select from body u where u.key_name = x.home and u.key_name not like 'intake:%')
    from (select b.id, b.size, b.digest, b.sealed_key, b.key_name, coalesce('dossier:' || d.ref, 'apart:' || to_char(now() at time zone 'UTC', 'YYYY-MM-DD')) as home
            from body b left join inbox i on i.body = b.id left join outbox o on o.entity = b.id left join dossier d on d.id = coalesce(i.dossier, o.dossier)
           where b.key_name like 'intake:%' and b.id > keeper_pending.after and (keeper_pending.ref is null or d.ref = keeper_pending.ref)
             and case when i.id is not null then i.state = 'done' and i.outcome <> 'held' and i.erased is null else o.id is not null and o.erased is null end
           order by b.id limit keeper_pending.most) x order by x.id
$$;
-- Bodies in their order, for what tries each key without giving it out.
create function keeper_bodies(after bigint, most bigint) returns table (body bigint, size bigint, digest bytea, sealed_key bytea, key_name text)
language sql stable security definer set search_path = relais, pg_temp as $$
  select b.id, b.size, b.digest, b.sealed_key, b.key_name from body b where b.id > keeper_bodies.after order by b.id limit keeper_bodies.most
$$;
create function keeper_rewrap(bodies bigint[], befores text[], sealed text[], names text[]) returns bigint
language plpgsql security definer set search_path = relais, pg_temp as $$
declare done bigint;
begin
  update body b set sealed_key = decode(x.sealed, 'hex'), key_name = x.name from unnest(bodies, befores, keeper_rewrap.sealed, names) x (body, before, sealed, name)
   where b.id = x.body and b.key_name = x.before and x.name not like 'intake:%';
  get diagnostics done = row_count;
  update keeper_intake k set left_at = now() where 'intake:' || k.n = any (befores) and (k.left_at is null or k.left_at < now() - interval '1 minute');
  insert into keeper_day (day) select distinct substr(x.name, 7)::date from unnest(names) x (name) where x.name like 'apart:%' on conflict do nothing;
  return done;
end $$;

-- The key of intake in use from now on: written before anybody is told of it.
create function keeper_begins(n bigint) returns void
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  insert into keeper_intake (n) values (keeper_begins.n) on conflict on constraint keeper_intake_pkey do update set ended_at = null where keeper_intake.destroyed_at is null;
  update keeper_intake k set ended_at = now() where k.n <> keeper_begins.n and k.ended_at is null;
end $$;
create function keeper_highest(out highest bigint, out living boolean)
language sql stable security definer set search_path = relais, pg_temp as $$ select coalesce(max(k.n), 0), coalesce(bool_or(k.destroyed_at is null), false) from keeper_intake k $$;
-- Keys that may be destroyed: pairs of intake that ended so long ago that nothing can come in under them any more, with nothing left under them, nor a while
-- ago; and of days that are over since a day, with nothing left.
create function keeper_over(seconds bigint) returns setof text
language sql stable security definer set search_path = relais, pg_temp as $$
  select 'intake:' || k.n from keeper_intake k where k.destroyed_at is null and k.ended_at is not null and greatest(k.ended_at, k.left_at) < now() - make_interval(secs => keeper_over.seconds)
     and not exists (select from body b where b.key_name like 'intake:%' and b.key_name = 'intake:' || k.n and exists (select from body_chunk c where c.body = b.id))
  union all
  select 'apart:' || to_char(k.day, 'YYYY-MM-DD') from keeper_day k where k.destroyed_at is null and k.day < (now() at time zone 'UTC')::date - 1
     and not exists (select from body b where b.key_name = 'apart:' || to_char(k.day, 'YYYY-MM-DD') and b.key_name not like 'intake:%' and exists (select from body_chunk c where c.body = b.id))
$$;
create function keeper_ended(name text) returns void
language sql security definer set search_path = relais, pg_temp as $$
  update keeper_intake k set destroyed_at = now() where 'intake:' || k.n = keeper_ended.name;
  update keeper_day k set destroyed_at = now() where 'apart:' || to_char(k.day, 'YYYY-MM-DD') = keeper_ended.name
$$;
-- Which of them were: they do not live again with an older copy of the keys.
create function keeper_destroyed() returns setof text
language sql stable security definer set search_path = relais, pg_temp as $$
  select 'intake:' || k.n from keeper_intake k where k.destroyed_at is not null union all select 'apart:' || to_char(k.day, 'YYYY-MM-DD') from keeper_day k where k.destroyed_at is not null
$$;
create function keeper_lives(destroyed bigint) returns void
language sql security definer set search_path = relais, pg_temp as $$
  insert into keeper_state (seen_at, destroyed) values (now(), keeper_lives.destroyed)
    on conflict on constraint keeper_state_pkey do update set seen_at = now(), destroyed = greatest(keeper_state.destroyed, excluded.destroyed)
$$;

-- Seconds since it was heard of; null: never.
create function keeper_silent() returns bigint
language sql stable security definer set search_path = relais, pg_temp as $$ select extract(epoch from now() - k.seen_at)::bigint from (values (1)) v left join keeper_state k on true $$;

-- What stands ready for a worker. Another may be quicker: the claims say. late: seconds after which a mail is.
create function work_due(session bigint, late bigint, out commands boolean, out messages boolean, out composes boolean, out outcomes boolean, out timers boolean,
  out directory boolean, out services boolean)
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  if fenced() then
    commands := false; messages := false; composes := false; outcomes := false; timers := false; directory := false; services := false;
    return;
  end if;
  commands := exists (select from command c where c.state = 'asked' and c.not_before <= now() and session_over(c.session, work_due.session));
  messages := exists (select from inbox i where i.state <> 'done' and i.complete and i.not_before <= now()
                and (i.state = 'received' or session_over(i.session, work_due.session)));
  composes := exists (select from outbox o where o.state = 'decided' and o.next_at <= now() and not o.frozen and session_over(o.session, work_due.session));
  outcomes := exists (select from outbox o where (o.state in ('accepted', 'failed') or o.state = 'cancelled' and o.stop is not null and not o.frozen)
                        and not o.told and o.next_at <= now())
    or exists (select from outbox o where o.state in ('decided', 'composed', 'sealed', 'sending') and o.warned_at is null
                 and o.created_at <= now() - make_interval(secs => work_due.late) and o.warn_after <= now());
  timers := exists (select from dossier d where d.next_due <= (select instant()));
  directory := exists (select from directory_touched t where t.at <= now());
  services := exists (select from service_timer t where t.due <= (select instant()));
end $$;

-- A held message that a person decides on: locks it for this transaction.
create function held_claim(inbox bigint) returns table (body bigint, size bigint, digest bytea, source text, account text, mailbox text,
  peer_name text, mail_from text, recipients text[], received_at timestamptz, params jsonb, reason text)
language sql security definer set search_path = relais, pg_temp as $$
  select i.body, b.size, b.digest, i.source, i.account, i.mailbox, i.peer_name, i.mail_from, i.recipients, i.received_at, i.params, i.reason
    from inbox i join body b on b.id = i.body where i.id = held_claim.inbox and i.outcome = 'held' for update of i
$$;
-- It is read and decided once more, as if it had just come: what kept it back is gone.
-- What people were told of each held message: nothing yet, its owner, the manager too (gateway/work_watch.c).
create function held_list() returns table (inbox bigint, ref text, reason text, owner text, held_at timestamptz, told integer)
language sql stable security definer set search_path = relais, pg_temp as $$
  select i.id, d.ref, i.reason, i.owner, i.held_at, i.held_told from inbox i left join dossier d on d.id = i.dossier where i.outcome = 'held' and i.held_told < 2 order by i.id
$$;
create function held_told(inbox bigint, told integer) returns void
language sql security definer set search_path = relais, pg_temp as $$
  update inbox i set held_told = greatest(i.held_told, held_told.told) where i.id = held_told.inbox
$$;
create function held_again(inbox bigint) returns boolean
language plpgsql security definer set search_path = relais, pg_temp as $$
begin
  update inbox i set state = 'received', outcome = null, reason = null, owner = null, decided_at = null, tries = 0, waits = 0, session = null,
    not_before = '-infinity' where i.id = held_again.inbox and i.outcome = 'held';
  if found then perform tell('inbox'); end if;
  return found;
end $$;
-- The revocation lists are fresh again: what was held because they were not is read and decided once more, once the readers have them, too.
create function held_unproven() returns void language plpgsql as $$
begin
  update inbox i set state = 'received', outcome = null, reason = null, owner = null, decided_at = null, tries = 0, session = null,
    not_before = now() + interval '90 seconds' where i.outcome = 'held' and i.reason = 'sig.crl.none';
end $$;
create function held_done(inbox bigint, outcome text, reason text, rule text, dossier bigint, at timestamptz, notices integer) returns void
language sql security definer set search_path = relais, pg_temp as $$
  update inbox i set outcome = held_done.outcome, reason = held_done.reason, rule = held_done.rule, owner = null,
    dossier = coalesce(held_done.dossier, i.dossier), decided_at = held_done.at,
    facts = jsonb_set(i.facts, '{notices}', to_jsonb((i.facts->>'notices')::integer + held_done.notices))
   where i.id = held_done.inbox and i.outcome = 'held'
$$;
