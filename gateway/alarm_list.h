/* gateway/alarm_list.h - every alarm: its name, and what a person is told: what is the matter, and what to do.
 * Included by alarm.c only.
 *
 * A(name, French, what to do, English, what to do) */

A("trust.list.stale", "La liste blanche n'a pas été confirmée depuis trop longtemps : des opérateurs nouveaux sont refusés, d'anciens acceptés.",
  "Voyez l'alarme trust.list.fetch, ou importez la liste du jour : relais trust import FICHIER.",
  "The white list has not been confirmed for too long: new operators are refused, former ones accepted.",
  "See the alarm trust.list.fetch, or import today's list: relais trust import FILE.")
A("trust.list.fetch", "La liste blanche n'a pas pu être relevée, ou celle qui a été relevée n'a pas été prise.",
  "La raison est dans le détail : adresse, certificat du serveur, ou garde-fou ; dans ce dernier cas, relevez-la vous-même, regardez-la avec relais trust diff FICHIER et décidez.",
  "The white list could not be fetched, or the one that was fetched was not taken.",
  "The detail says why: address, the server's certificate, or a guard; then fetch it yourself, look at it with relais trust diff FILE, and decide.")
A("crl.stale", "Une liste de révocation est périmée ou va l'être : les signatures seront mises en attente et des opérateurs refusés.",
  "Mettez une liste fraîche dans le dossier des listes (inspect.crls, receiver.crls) ou corrigez trust.crl_urls.",
  "A revocation list has ended or will soon: signatures will be held and operators refused.",
  "Put a fresh list into the folder of lists (inspect.crls, receiver.crls), or mend trust.crl_urls.")
A("crl.fetch", "Une liste de révocation n'a pas pu être relevée, ou celle qui a été relevée n'a pas été prise.",
  "Le détail dit l'adresse et la raison ; la liste en place reste. Une signature fausse est peut-être une attaque.",
  "A revocation list could not be fetched, or the one that was fetched was not taken.",
  "The detail has the address and the reason; the list in place stays. A false signature may be an attack.")
A("certificate.expiring", "Un certificat arrive à son terme.",
  "Demandez-en un nouveau maintenant, puis remplacez-le ; relais certificate list dit lequel et combien de jours il reste.",
  "A certificate will end soon.",
  "Ask for a new one now, then replace it; relais certificate list says which and how many days are left.")
A("certificate.expired", "Un certificat est échu ou ne peut pas être lu : ce qui en dépend ne marche plus.",
  "Remplacez-le aujourd'hui ; relais certificate list dit lequel.",
  "A certificate has ended or cannot be read: what depends on it no longer works.",
  "Replace it today; relais certificate list says which.")
A("keeper.away", "Le gardien des clés ne répond plus : le courrier est reçu et gardé, mais rien n'est plus lu, scellé ni envoyé.",
  "relais status dit s'il tourne, log/relais.log pourquoi il a fini ; le dossier des clés (keeper.folder) doit être là. Tout reprend de soi-même.",
  "The keeper of the keys does not answer any more: mail is taken in and kept, but nothing is read, sealed or sent.",
  "relais status says whether it runs, log/relais.log why it ended; the folder of keys (keeper.folder) must be there. All goes on by itself.")
A("audit.checkpoint", "La piste d'audit n'a pas été scellée comme prévu : le signataire est arrêté, ou tient la chaîne pour rompue.",
  "relais audit verify dit si la chaîne tient et, sinon, où elle est rompue ; relais.log (checkpoint-refused) dit ce que le signataire a refusé. Ne redémarrez rien avant d'avoir copié base et journaux.",
  "The trail was not sealed when it should have been: the signer is away, or holds the chain for broken.",
  "relais audit verify says whether the chain holds and where it is broken if not; relais.log (checkpoint-refused) says what the signer refused. Restart nothing before database and journals are copied.")
A("audit.key", "La clé de la piste d'audit (audit.key) n'est pas la sienne : plus aucune ligne n'entre dans la chaîne.",
  "Remettez le fichier audit.key d'origine, de l'ancien dossier ou de la sauvegarde des clés, puis arrêtez et redémarrez. Rien n'est perdu : les lignes attendent.",
  "The key of the trail (audit.key) is not its own: no row enters the chain any more.",
  "Put the first file audit.key back, from the old folder or from the backup of the keys, then stop and start again. Nothing is lost: the rows wait.")
A("audit.folder", "Un point de contrôle n'a pas pu être copié hors de la base (audit.folder), ou un autre y tient déjà sa place.",
  "Y a-t-il de la place, et le dossier est-il celui de cette instance ? Rien n'y est écrasé : comparez avec relais audit verify.",
  "A checkpoint could not be copied outside the database (audit.folder), or another stands in its place there.",
  "Is there room, and is the folder this instance's? Nothing is written over there: compare with relais audit verify.")
A("audit.stamp", "L'autorité d'horodatage ne répond pas, ou sa réponse n'est pas bonne : les points de contrôle attendent leur jeton.",
  "La raison est dans le détail ; voyez audit.tsa_url et audit.tsa_anchors. Les points de contrôle restent scellés, et leurs jetons sont demandés de nouveau.",
  "The time-stamping authority does not answer, or its answer is not good: the checkpoints wait for their stamp.",
  "The detail says why; see audit.tsa_url and audit.tsa_anchors. The checkpoints stay sealed, and their stamps are asked for again.")
A("machine.disk", "Le disque de l'instance est presque plein : bientôt plus rien ne pourra être reçu ni envoyé.",
  "Libérez de la place ou agrandissez le volume aujourd'hui ; le détail dit le dossier et le pourcentage occupé.",
  "The disk of the instance is nearly full: soon nothing can be received or sent.",
  "Make room or enlarge the volume today; the detail has the folder and how much is used.")
A("store.earlier", "La base de données en sait moins que le journal de ce qui est parti : elle a été remise à un point antérieur. Plus rien ne part.",
  "relais fence dit ce qui manque ; quand c'est compris, relais fence lift laisse repartir le courrier, sans renvoyer ce qui est déjà parti.",
  "The database knows less than the journal of what has left: it was set back to an earlier point. Nothing leaves any more.",
  "relais fence says what is missing; when that is understood, relais fence lift lets mail leave again, without sending anew what has left.")
A("fence.unlooked", "Depuis que PostgreSQL a démarré, les journaux n'ont pas pu être comparés à cette base : rien n'est décidé et rien ne part ; ce qui entre attend.",
  "Le détail dit ce qui ne peut pas être lu : un journal (un lien, un dossier, un droit), la liste des clés détruites du gardien, ou le journal du service. Réparé, tout repart tout seul.",
  "Since PostgreSQL started, the journals could not be held against this database: nothing is decided and nothing leaves; what comes in waits.",
  "The detail has what cannot be read: a journal (a link, a folder, a permission), the keeper's list of destroyed keys, or the log of the service. Once mended all goes on by itself.")
A("staff.failed", "Un message à nos propres équipes (liste du matin, urgence, alerte) n'a pas pu être remis.",
  "Lisez relais tasks maintenant, puis corrigez la boîte dans le groupe staff : le détail dit laquelle et pourquoi. L'alarme finit quand un message y arrive.",
  "A mail to our own people (digest, emergency, alert) could not be delivered.",
  "Read relais tasks now, then mend the mailbox in the group staff: the detail says which and why. It is over when a mail arrives there.")
A("queue.late", "Du courrier attend depuis trop longtemps.",
  "relais queue dit lequel et pourquoi.",
  "Mail has been waiting for too long.",
  "relais queue says which and why.")
A("deliver.ours", "Un serveur de destinataire nous refuse, nous, ou n'est pas celui que la liste blanche nomme : du courrier attend.",
  "Le détail dit le serveur et la raison ; relais queue dit quel courrier. Notre certificat, notre jeton ou la liste blanche est à renouveler.",
  "A recipient's server refuses us, or is not the one that the white list names: mail is waiting.",
  "The detail has the server and the reason; relais queue says which mail. Our certificate, our token or the white list is to be renewed.")
A("antivirus.away", "Le contrôle antivirus ne répond pas : le courrier reçu et les documents à envoyer attendent (ou passent sans contrôle, si antivirus.when_away le permet).",
  "Relancez clamd et voyez son journal ; antivirus.clamd nomme sa socket, que l'utilisateur relais-antivirus doit pouvoir ouvrir. Ce qui attend repart tout seul.",
  "The virus scanner does not answer: mail received and documents to send wait (or pass unscanned, where antivirus.when_away lets them).",
  "Start clamd again and see its log; antivirus.clamd names its socket, which the user relais-antivirus must be able to open. What waits goes on by itself.")
A("opener.away", "Le processus qui ouvre les messages chiffrés ne répond pas : ces messages attendent sans être lus ; le reste continue.",
  "relais status dit si relais-opener tourne, log/relais.log pourquoi il a fini (key-refused : certificat, clé ou module). Ce qui attend repart tout seul.",
  "The process that opens encrypted mail does not answer: these messages wait unread; the rest goes on.",
  "relais status says whether relais-opener runs, log/relais.log why it ended (key-refused: certificate, key or token). What waits goes on by itself.")
A("recipient.certificate", "Un certificat pour lequel nous chiffrons n'est plus bon : révoqué, échu, ou d'une autorité que nous ne connaissons plus.",
  "relais recipient list dit lesquels et pourquoi. Demandez le nouveau à son titulaire et importez-le ; d'ici là, un certificat révoqué sert encore : retirez-le si sa clé a été volée.",
  "A certificate that we encrypt to is no longer good: revoked, ended, or of an authority that we no longer know.",
  "relais recipient list says which and why. Ask its holder for the new one and import it; until then a revoked one is still used: take it away if its key was stolen.")
A("collect.failed", "Une boîte relevée par IMAP ne peut plus l'être depuis dix minutes : le courrier s'y accumule.",
  "Le détail dit la boîte et la raison (relais.log a le reste) : identifiants ou jeton, certificat du serveur, dossier, réseau.",
  "A mailbox that is fetched by IMAP cannot be for ten minutes: mail piles up there.",
  "The detail has the mailbox and the reason (relais.log has the rest): login or token, the server's certificate, folder, network.")
A("directory.stale", "L'extraction de l'annuaire des professionnels est trop ancienne : des boîtes fermées y restent, de nouvelles y manquent.",
  "Importez celle du jour : relais directory import FICHIER. Les dernières bonnes données restent en service.",
  "The extract of the directory of professionals is too old: closed mailboxes stand in it, new ones are missing.",
  "Import today's: relais directory import FILE. The last good data stay in service.")
A("directory.lookup", "L'annuaire des professionnels ne répond pas aux recherches.",
  "La raison est dans le détail : adresse, certificat du serveur, clé, réponse illisible. Les dernières bonnes réponses restent ; ce qui est demandé le sera de nouveau.",
  "The directory of professionals does not answer look-ups.",
  "The detail says why: address, the server's certificate, the key, an answer that cannot be read. The last good answers stand; what is asked for is asked again.")
