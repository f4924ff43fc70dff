/* base/limits.h - every bound of the gateway, with its source. Sizes in bytes, times in seconds. */
#ifndef RELAIS_BASE_LIMITS_H
#define RELAIS_BASE_LIMITS_H

/* One message. 25 MiB: what the patients' health space takes at most (ENS messaging note section 6),
 * and what we announce in SIZE (RFC 1870). */
#define LIMIT_MESSAGE (25u * 1024 * 1024)

/* Bodies are stored as rows of this size (measured: flat memory in client and server). */
#define LIMIT_CHUNK (256u * 1024)

/* SMTP session (RFC 5321 4.5.3.1, 4.5.3.2). */
#define LIMIT_SMTP_COMMAND 2048      /* 512 + parameters of SIZE, BODY, SMTPUTF8, AUTH, DSN (RFC 3461 5.2) */
#define LIMIT_SMTP_AUTH_LINE 12288   /* AUTH and its responses (RFC 4954 4) */
#define LIMIT_SMTP_AUTH_FAILURES 3   /* 535 so often, then the session ends */
#define LIMIT_SMTP_LOCAL_PART 64     /* RFC 5321 4.5.3.1.1 */
#define LIMIT_SMTP_DOMAIN 255        /* RFC 5321 4.5.3.1.2 */
#define LIMIT_MESSAGE_ID 320         /* as the journals keep one: RFC 5322 2.1.1 advises lines of 78, long ones are seen up to 250 */
#define LIMIT_SMTP_PATH 256          /* RFC 5321 4.5.3.1.3 */
#define LIMIT_SMTP_RECIPIENTS 100    /* RFC 5321 4.5.3.1.8 */
#define LIMIT_SMTP_ENVID 100         /* RFC 3461 4.4 */
#define LIMIT_SMTP_ERRORS 10
#define LIMIT_SMTP_IDLE_COMMANDS 100 /* commands in a row without a message */
#define LIMIT_SMTP_CHUNK_SMALL 512   /* a smaller BDAT that is not the last counts as such a command: work for few bytes */
#define LIMIT_SMTP_MESSAGES 1000     /* messages in one session; the peer may connect again */
#define LIMIT_SMTP_COMMAND_SECONDS 300 /* RFC 5321 4.5.3.2.7 */
#define LIMIT_SMTP_HANDSHAKE_SECONDS 30   /* the whole handshake */
#define LIMIT_SMTP_HANDSHAKES 256    /* at once: those of a rush take under a second (330 a second measured), so that more
				      * of them are connections that wait for their deadline */
#define LIMIT_SMTP_DATA_IDLE_SECONDS 180 /* RFC 5321 4.5.3.2.5 */
#define LIMIT_SMTP_DATA_SECONDS 1800 /* the whole message; 25 MiB at 14 KB/s */
#define LIMIT_SMTP_DATA_RATE 1024    /* bytes a second, on average since DATA or the first BDAT */
#define LIMIT_SMTP_DATA_RATE_SECONDS 60 /* not judged before: a slow line has a slow start. One byte under each idle deadline
					 * would otherwise hold a connection for half an hour */
#define LIMIT_SMTP_SESSION_SECONDS 86400
#define LIMIT_SMTP_CONNECTIONS 5000      /* idle, some 30 KB each: bench/results.md */
#define LIMIT_SMTP_CONNECTIONS_PEER 200
#define LIMIT_SMTP_RATE_PEERS 4096   /* peers whose rates are remembered */
#define LIMIT_SMTP_MEMORY (64u * 1024)   /* of a message kept in memory before it goes to the temporary file */
#define LIMIT_SMTP_LINE_DRAIN (64u * 1024)  /* read of a command line that is too long, then the session ends */
#define LIMIT_SMTP_DRAIN (2u * LIMIT_MESSAGE)   /* read of a message that is already refused, then the session ends */
#define LIMIT_SMTP_SPOOL (2048ull * 1024 * 1024) /* all messages under way in the temporary file together */
#define LIMIT_SMTP_SPOOLED 1000          /* messages at once beyond LIMIT_SMTP_MEMORY */
#define LIMIT_SMTP_UNSENT (32u * 1024)   /* replies that the peer does not take: nothing more is read from it */
#define LIMIT_SMTP_LINGER_SECONDS 5     /* reading on after the last reply, so that it arrives */
#define LIMIT_SMTP_STOP_SECONDS 10       /* for transactions under way when the service stops */
#define LIMIT_TLS_CHAIN (32u * 1024)     /* certificates a peer may send */

/* Introspection of a token (RFC 7662). The answer is some 600 bytes; the people who submit in one minute are few. */
#define LIMIT_IDENTITY_TOKEN 8192        /* a JWT of a national provider has some 2 KB */
#define LIMIT_IDENTITY_ANSWER (16u * 1024)
#define LIMIT_IDENTITY_SECONDS 10        /* of the whole question */
#define LIMIT_IDENTITY_CONNECT_SECONDS 5
#define LIMIT_IDENTITY_ASKING 2          /* questions at once: a slow server keeps no more threads of the pool from the mail */
#define LIMIT_IDENTITY_SUBJECT 255       /* OpenID Connect Core 1.0 section 2, sub */
#define LIMIT_IDENTITY_REMEMBERED 256    /* answers */
#define LIMIT_IDENTITY_REMEMBER_SECONDS 60

/* A process of the instance, set by relais-master for each and its children (gateway/privilege.h). The work's own bounds are far lower:
 * these end a process that has gone wrong and not the machine. No RLIMIT_FSIZE: log and journals are written on without end. No RLIMIT_CPU but
 * for readers and fetches: the others live for months. */
#define LIMIT_PROCESS_MEMORY (4096ull * 1024 * 1024)   /* address space; the receiver's threads reserve 64 MiB each for their heaps */
#define LIMIT_PROCESS_TASKS 512          /* of one user: 64 children of a reader or 33 of the deliverer; two instances share the users' numbers */
#define LIMIT_PROCESS_FILES 512          /* 64 clients of a reader with four descriptors each; the deliverer's children have some 20 */
#define LIMIT_RECEIVER_FILES 65536       /* LIMIT_SMTP_CONNECTIONS with room for those that are refused */

/* Message structure, checked by our own scan before any library sees it
 * (GMime 3.2.13 hangs or crashes beyond; measured). */
#define LIMIT_HEADER_BLOCK (64u * 1024)
#define LIMIT_HEADER_FIELD (8u * 1024)
#define LIMIT_HEADER_FIELDS 200
#define LIMIT_HEADER_PARAMETERS 64
#define LIMIT_HEADER_ADDRESSES 100
#define LIMIT_MIME_PARTS 200
#define LIMIT_MIME_DEPTH 20
#define LIMIT_LINE 998               /* RFC 5322 2.1.1; longer is told, not refused */
#define LIMIT_RECEIVED 30            /* hops before we call it a loop (RFC 5321 6.3 allows 100) */

/* Signatures. */
#define LIMIT_CMS (256u * 1024)
/* One time-stamp: a token with its authority's chain has some 6 KiB. */
#define LIMIT_STAMP (64u * 1024)
#define LIMIT_CMS_CERTIFICATES 20
#define LIMIT_CMS_SIGNERS 4
#define LIMIT_KEY_FILE (16u * 1024)      /* a private key in PEM: 8192 bits of RSA have 6.4 KB */
#define LIMIT_CMS_RECIPIENTS 200        /* of an encrypted object, and of one agreement of keys in it */
#define LIMIT_CHAIN_DEPTH 5
#define LIMIT_RSA_BITS_MIN 2048
#define LIMIT_RSA_BITS_MAX 8192
#define LIMIT_CRL (32 * 1024 * 1024)     /* a revocation list or a file of anchors: some 800,000 entries; kept as evidence */
#define LIMIT_STAPLE (16u * 1024)        /* an OCSP answer; those of public authorities have 0.5 to 4 KB */
#define LIMIT_STAPLE_SKEW_SECONDS 300
#define LIMIT_STAPLE_AGE_SECONDS (10 * 86400)   /* the longest life that the CA/Browser Forum allows (BR 4.9.10) */

/* ZIP (dependencies, page 5): counts of what really comes out, never of what is declared. */
#define LIMIT_ZIP_ENTRIES 2000             /* a sound archive of the corpus has 1006; documents have LIMIT_DOCUMENTS */
#define LIMIT_ZIP_TOTAL (60u * 1024 * 1024)
#define LIMIT_ZIP_RATIO 200
#define LIMIT_ZIP_NAME 255
#define LIMIT_TNEF_FILES 100               /* attachments of one winmail.dat */
#define LIMIT_XDM_METADATA (4u * 1024 * 1024)   /* METADATA.XML: some 12 KB a document */

/* XML. */
#define LIMIT_XML (40u * 1024 * 1024)
#define LIMIT_XML_DEPTH 100
#define LIMIT_XML_ATTRIBUTES 100
#define LIMIT_XML_NAMESPACES 64
#define LIMIT_XML_TEXT (64u * 1024)      /* of a text that we keep as a fact */
#define LIMIT_XML_TAG (1024u * 1024)     /* one start tag; the library works on a whole tag at once */

#define LIMIT_XML_TREE_NODES 300000      /* elements, attributes and texts of a document read as a tree: some 70 MB; the largest sample has 60,000 */

/* Schematrons (cda/schematron_*.h). The agency publishes 64, with some 300 value sets; the largest table has 2,300 tests. */
#define LIMIT_SCHEMATRONS 200
#define LIMIT_SCHEMATRON_TABLE (32u * 1024 * 1024)
#define LIMIT_SCHEMATRON_INCLUDES 2000   /* of one schematron */
#define LIMIT_SCHEMATRON_NEST 20         /* includes, extends, folders */
#define LIMIT_SCHEMATRON_FILES 2000      /* value sets of all of them */
#define LIMIT_SCHEMATRON_TEXT (64u * 1024)   /* of one text of the document: rules read no embedded file */
#define LIMIT_SCHEMATRON_STEPS 60000000  /* of XPath and of regular expressions for one document: five times what the largest sample takes */
#define LIMIT_SCHEMATRON_VALUES 200000   /* made by expressions for one document */
#define LIMIT_SCHEMATRON_FINDINGS 100    /* of one document */
#define LIMIT_SCHEMATRON_TOLD 400        /* of one message: half a megabyte of its answer */
#define LIMIT_SCHEMATRON_CPU_SECONDS 4   /* of the reading process: after that no further document is held against schematrons */

/* CDA: how many of each are kept as facts (the most of 94 official samples: 6 ids, 5 authors, 24 embedded). */
#define LIMIT_CDA_IDS 32
#define LIMIT_CDA_AUTHORS 64
#define LIMIT_CDA_ORDERS 64
#define LIMIT_CDA_EMBEDDED 200
#define LIMIT_CDA_ANSWERS 2000
#define LIMIT_CDA_SECTIONS 64   /* of a physician's request, which has nine (TLM-DA 2022.01) */
#define LIMIT_CDA_FACTS (2u * 1024 * 1024)   /* all texts kept of one document, together */
#define LIMIT_CDA_NARRATIVE (512u * 1024)

/* The HTML view of a CDA: far above any official sample, and an end to what a document made to be slow can ask. */
#define LIMIT_HTML_NODES 400000u
#define LIMIT_HTML_DEPTH 400
#define LIMIT_HTML_STEPS 20000000u
#define LIMIT_HTML_PICTURE (2u * 1024 * 1024)     /* one picture shown in the page */
#define LIMIT_HTML_PICTURES (8u * 1024 * 1024)    /* all of them, in base64 */
#define LIMIT_HTML_PAGE (24u * 1024 * 1024)
#define LIMIT_HTML_ANSWER (100u * 1024 * 1024)    /* all pages of one message */

/* One message read in the jail. */
#define LIMIT_INSPECT_CPU_SECONDS 10
#define LIMIT_INSPECT_SECONDS 30
#define LIMIT_OPENER_LOOK_SECONDS 2      /* to be connected with it, and whether it is there */
#define LIMIT_OPENER_SECONDS 45          /* an answer of relais-opener: it waits for one reader itself */
#define LIMIT_INSPECT_MEMORY (256u * 1024 * 1024)
#define LIMIT_INSPECT_ANSWER (4u * 1024 * 1024)
#define LIMIT_EXTRACT_ANSWER (64u * 1024 * 1024)
#define LIMIT_DOCUMENTS 200
#define LIMIT_TEXT (256u * 1024)         /* of a mail's text that we keep as a fact */

/* What people write back (smtp/reply_*.h). */
#define LIMIT_ANSWER (16u * 1024)        /* bytes in which the word of an answer is looked for: the longest of the corpus has 9 KB */
#define LIMIT_LEAVE_DAYS 730             /* an absence that ends later is read by a person: a sabbatical leave has eleven months (code du travail L.3142-28), twice that is a doubt */

/* Files of others that we hand on (cda/pdf_clean.h, cda/image_clean.h). Time: that of the child which reads them. */
#define LIMIT_PDF_CLEAN LIMIT_MESSAGE    /* bytes: nothing bigger came in */
#define LIMIT_PDF_CLEAN_PAGES 500
#define LIMIT_PDF_OBJECTS 100000         /* a scan of 500 pages has some 2,500, a form with its fonts some 10,000 */
#define LIMIT_PDF_TREE 50                /* levels of the page tree, which the library descends by recursion; 2 to 4 are usual */
#define LIMIT_PDF_NESTING 250            /* references followed one behind the other: copying a page descends by recursion */
#define LIMIT_PDF_FILTERS 4              /* before that of a photograph; 1 is usual */
#define LIMIT_PDF_ANNOTATIONS 2000       /* on one page */
#define LIMIT_IMAGE_PIXELS (64u * 1000 * 1000)   /* the biggest sensor of a usual telephone has 50 million */
#define LIMIT_IMAGE_SIDE 32767           /* of a picture that the drawing library takes */
#define LIMIT_IMAGE_SEGMENTS 20000       /* a PNG of 50 MB in chunks of 8 KB has 6,400 */
#define LIMIT_ANNEXES 20                 /* files that go along with an opinion */
#define LIMIT_ANNEX_BYTES (12u * 1024 * 1024)    /* all of them: with base64 and the report they fit the patients' 25 MiB */

/* The dossier as one PDF: what is beyond is only attached, and the PDF says so. */
#define LIMIT_DOSSIER_LINES 6000         /* of readable text, some 150 pages */
#define LIMIT_DOSSIER_PAGES 400          /* of the documents' own, behind ours */
#define LIMIT_DOSSIER_BYTES (8u * 1024 * 1024)   /* of these: the originals go along in the same mail */
#define LIMIT_PICTURE_PIXELS (40u * 1000 * 1000) /* drawn: four bytes each */

/* The expert's form (smtp/form.h). */
#define LIMIT_FORM_ANSWERS 30            /* questions; the most of a request seen is 5 (product, 4.4: at most five lines) */
#define LIMIT_FORM_FIELD (64u * 1024)    /* what stands under one heading */
#define LIMIT_FORM_BRACKET 12            /* lines that the form's own words in brackets may run over */

/* The keeper of the bodies' keys. */
#define LIMIT_KEEPER_SECONDS 5           /* an answer is waited for: a keeper that ended is there again in less than one */
#define LIMIT_KEEPER_SILENT_SECONDS 60   /* without a word of it in the database: an alarm */
#define LIMIT_KEEPER_WORKERS 72          /* connections of workers at once: 64 of them, and some that are replaced */
#define LIMIT_KEEPER_DELIVERERS (LIMIT_DELIVER_CHILDREN + 8)
#define LIMIT_KEEPER_OTHERS 16           /* of the signer, of the opener, of operators: nobody can take another's */
#define LIMIT_KEEPER_CLIENTS (LIMIT_KEEPER_WORKERS + LIMIT_KEEPER_DELIVERERS + 3 * LIMIT_KEEPER_OTHERS)
#define LIMIT_KEEPER_BATCH 64            /* questions answered with one look into the database and one sync of the journal */
#define LIMIT_KEEPER_REFUSED_LINES 100   /* of one asker in a minute, in the journal and the log; the rest is counted there */
#define LIMIT_KEEPER_INTAKE_SECONDS 86400 /* a public key of intake is in use so long */
#define LIMIT_KEEPER_INTAKE_KEPT_SECONDS (7 * 86400) /* its private half is kept so long after that, and after the last body left it: a
					  * backup of the week before still opens, one that is older does not where it is of the time before filing */

/* Work. */
#define LIMIT_FORMER_KEYS 14             /* decryption keys beside today's and the next: a dossier lives 20 years, a certificate 3 */
#define LIMIT_TRIES 5                    /* claims of one row before it is kept apart */
#define LIMIT_CLAIM_BATCH 8

/* Reports and letters of refusal to one correspondent within a day. A loop that every other stop has let through ends here; the busiest
 * hospital sends some hundreds of documents a day. */
#define LIMIT_NOTICES_DAY 2000

/* A whole message on the wire, as its recipient takes it: the patient's health space 25 MB (mssante.md M56), a professional's operator
 * often 10 MB (M57: the operator's own value; a rule tells another). */
#define LIMIT_RECIPIENT_PATIENT 25000000u
#define LIMIT_RECIPIENT_PROFESSIONAL 10000000u
#define LIMIT_RECIPIENT_LETTER (256u * 1024)    /* of it, for text, heads and seal */

/* The virus scanner (gateway/clamd.h). clamd's own limit is StreamMaxLength (clamd.conf(5): 100 MB unless it is set). */
#define LIMIT_CLAMD_ANSWER 512
#define LIMIT_CLAMD_CONNECT_SECONDS 5
#define LIMIT_CLAMD_SECONDS 150          /* the whole of one message; clamd's own limit of a scan is two minutes (MaxScanTime) */
#define LIMIT_CLAMD_TRIES 3              /* of a message that leaves it without an answer, before that is one */

/* The identity shield (policy/shield.h). A page has some 3 KB of text. */
#define LIMIT_SHIELD_TEXT (4u * 1024 * 1024)     /* of one mail, all its documents together */
#define LIMIT_SHIELD_ANSWER (2u * 1024 * 1024)
#define LIMIT_SHIELD_PAGES 1000
#define LIMIT_SHIELD_NESTING 4           /* a PDF in a CDA in an archive in the mail */
#define LIMIT_SHIELD_HEADER (64u * 1024) /* read of a file of no form that we know */

/* Composing. A mail keeps room under LIMIT_MESSAGE for the signature and its wrapper. */
#define LIMIT_COMPOSE_MAIL (LIMIT_MESSAGE - 64u * 1024)
#define LIMIT_COMPOSE_ANSWER (LIMIT_MESSAGE + 1024u * 1024)
#define LIMIT_COMPOSE_MEMORY (512u * 1024 * 1024)
#define LIMIT_COMPOSE_CPU_SECONDS 20
#define LIMIT_COMPOSE_REFERENCES 50
#define LIMIT_COMPOSE_SECTIONS 100
#define LIMIT_COMPOSE_LINE 900           /* of a header value before it is encoded (RFC 5322 2.1.1) */
#define LIMIT_PDF_PAGES 200
#define LIMIT_ADDRESS_LINE 38                          /* signs of a line of a postal address (NF Z 10-011) */
#define LIMIT_TEMPLATE (32u * 1024)

/* Rules as data (gateway/rules_file.h): far above what a council writes, some 40 questions and 10 exams; below what a recursion bears. */
#define LIMIT_RULES_FILE (8u * 1024 * 1024)
#define LIMIT_RULES_DEPTH 40             /* of JSON: a group in a group in a group has some 14 */
#define LIMIT_RULES_TEXT 1000            /* bytes of one text */
#define LIMIT_RULES_TOKEN 64             /* bytes of a linkId, a code, a version */
#define LIMIT_RULES_URL 255
#define LIMIT_QUESTIONS 300              /* items of a questionnaire, groups among them */
#define LIMIT_QUESTION_GROUPS 8          /* one within another */
#define LIMIT_QUESTION_CHOICES 100
#define LIMIT_QUESTION_CONDITIONS 20     /* of one item, of one exam, of one red flag */
#define LIMIT_PATHOLOGY_EXAMS 40
#define LIMIT_PATHOLOGY_REDFLAGS 40
#define LIMIT_PATHOLOGY_TEXTS 40         /* types of an exam, alternatives, sources, forms */

/* One dossier: bounds of its fold (a busy dossier has some tens of each). */
#define LIMIT_DOSSIER_DOCUMENTS 2000
#define LIMIT_DOSSIER_ITEMS 10000        /* offers, questions, opinions, waived pieces: each */
#define LIMIT_REQUEST_ANSWERS 2000

/* Mail out. */
#define LIMIT_REPLY_LINE 512             /* RFC 5321 4.5.3.1.5 */
#define LIMIT_REPLY (64u * 1024)         /* all lines of one reply */
#define LIMIT_DELIVER_COMMAND_SECONDS 300
#define LIMIT_DELIVER_CONNECT_SECONDS 30
#define LIMIT_DELIVER_DATA_SECONDS 600   /* after the final dot (RFC 5321 4.5.3.2.6) */
#define LIMIT_DELIVER_SESSION_MAILS 100
#define LIMIT_DELIVER_IDLE_SECONDS 5
#define LIMIT_DELIVER_CHILDREN 32        /* connections to all destinations together; a database session each (gateway/cluster.c) */
#define LIMIT_DELIVER_SPARE (LIMIT_DELIVER_CHILDREN / 4) /* kept for destinations that have none yet */
#define LIMIT_DELIVER_SPREAD 20          /* due mails of one destination for each further connection to it */
#define LIMIT_DELIVER_DUE 10000          /* domains with due mail looked at together */
#define LIMIT_DELIVER_RESTS 256          /* destinations remembered whose child failed */
#define LIMIT_DELIVER_ATTEMPT_SECONDS 120 /* finding and trying all hosts of one destination for one mail */
#define LIMIT_DELIVER_SECRET 8192        /* a token or password; RFC 4954 4: a line of SASL has 12,288 */

/* Where a domain's mail goes (RFC 5321 5.1). */
#define LIMIT_MX 10                      /* hosts that are tried */
#define LIMIT_MX_RECORDS 100             /* taken from one answer */
#define LIMIT_MX_CNAMES 8                /* aliases followed */
#define LIMIT_MX_ADDRESSES 8             /* of one host */
#define LIMIT_DNS_SECONDS 20             /* one question, all servers and tries of it */

/* The white list: 8,655 entries of some 550 bytes in 2026 (some 5 MB); room for 10^5. */
#define LIMIT_TRUST_LIST (64u * 1024 * 1024)
#define LIMIT_TRUST_ENTRIES 120000
#define LIMIT_TRUST_FIELD 4096

/* The extract of the national directory: 535,928 lines of some 170 bytes in 2026 (89 MB, mssante.md M40). */
#define LIMIT_DIRECTORY_FILE (512u * 1024 * 1024)
#define LIMIT_DIRECTORY_LINES 2000000
#define LIMIT_DIRECTORY_LINE 8192
#define LIMIT_DIRECTORY_FIELD 1000       /* of a field that is kept; names of structures have up to some 200 */
#define LIMIT_DIRECTORY_BATCH 4000       /* lines given to the database at once: some 1 MB */
/* One look-up. A person has at most some tens of places of work; an answer with all of them some 100 KB. */
#define LIMIT_DIRECTORY_ANSWER (2u * 1024 * 1024)
#define LIMIT_DIRECTORY_FOUND 200        /* mailboxes of one answer */
#define LIMIT_DIRECTORY_SECONDS 20
#define LIMIT_DIRECTORY_CONNECT_SECONDS 10
#define LIMIT_DIRECTORY_KEY 1024         /* the file of an interface's key */

/* What the refresher fetches. A revocation list of 200,000 entries has some 8 MB. */
#define LIMIT_FETCH_CRL (32u * 1024 * 1024)
#define LIMIT_FETCH_CONNECT_SECONDS 30
#define LIMIT_FETCH_SECONDS 300          /* 64 MiB at 220 KB/s */

/* Mail fetched by IMAP. libetpan's parser of a message's structure is recursive and leaves an 8 MiB stack at some 20,000 levels:
 * the bound of a reply keeps it below. Bytes of a body do not count in it. */
#define LIMIT_COLLECT_COMMAND_SECONDS 60
#define LIMIT_COLLECT_FETCH_SECONDS 600  /* one message; 25 MiB at 44 KB/s */
#define LIMIT_COLLECT_TRIES 20           /* sessions that break at one and the same message, over an hour with the pauses between them */
#define LIMIT_COLLECT_REPLY (16u * 1024)
#define LIMIT_COLLECT_WINDOW 50000       /* UIDs asked for at once: a list of at most 600 KB */
#define LIMIT_COLLECT_LIST (1024u * 1024)
#define LIMIT_SECRET (8u * 1024)         /* a password or token file; tokens of Pro Santé Connect have some 1.5 KB */
#define LIMIT_COLLECT_IDLE_SECONDS 1500  /* RFC 2177: again before 29 minutes */

/* A part of a backup: openssl holds one in memory to decrypt it. */
#define LIMIT_BACKUP_PART (256u * 1024 * 1024)

/* The instance's disks (A): an alarm from so much in use on, when what is left is less than what a day of the busiest service brings. */
#define LIMIT_DISK_FULL_PERCENT 90
#define LIMIT_DISK_CRITICAL_PERCENT 95
#define LIMIT_DISK_ROOM (16ull * 1024 * 1024 * 1024)

#endif
