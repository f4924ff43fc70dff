// Takes mail from Relais with smtp-server 3 (Nodemailer's sister) and writes each message into a file of its recipient's folder.
// tests/journey/interop_peers.py runs this very file.
//
//   node smtp-server.js SETTINGS.json
//     {"host", "port", "name", "domain", "users": [...], "certificate", "key", "anchors": files, "folder": where mail is kept}
const crypto = require('crypto');
const fs = require('fs');
const path = require('path');
const { SMTPServer } = require('smtp-server');

const settings = JSON.parse(fs.readFileSync(process.argv[2]));

function refusal(code, text) {
    return Object.assign(new Error(text), { responseCode: code });
}

function keep(address, message) {
    const folder = path.join(settings.folder, address, 'new');
    const name = crypto.randomUUID();
    fs.mkdirSync(folder, { recursive: true });
    const file = fs.openSync(path.join(folder, '.' + name), 'wx', 0o600);
    fs.writeSync(file, message);
    fs.fsyncSync(file);                                 // smtp-server answers 250 when we say so: not before it is on the disk
    fs.closeSync(file);
    fs.renameSync(path.join(folder, '.' + name), path.join(folder, name));
}

const server = new SMTPServer({
    name: settings.name,
    size: 50 * 1024 * 1024,
    authOptional: true,
    disabledCommands: ['AUTH'],
    // hideENHANCEDSTATUSCODES stays true: 3.14 would put the codes into the lines of its EHLO reply, and no client would find STARTTLS there
    cert: fs.readFileSync(settings.certificate),
    key: fs.readFileSync(settings.key),
    ca: fs.readFileSync(settings.anchors),
    requestCert: true,
    rejectUnauthorized: true,                           // no certificate of the trust space: no session
    minVersion: 'TLSv1.2',
    onMailFrom(address, session, done) {
        done(session.secure ? null : refusal(530, 'STARTTLS first'));
    },
    onRcptTo(address, session, done) {
        const [user, domain] = address.address.toLowerCase().split('@');
        done(domain === settings.domain && settings.users.includes(user) ? null : refusal(550, 'no such mailbox'));
    },
    onData(stream, session, done) {
        const pieces = [];
        stream.on('data', piece => pieces.push(piece));
        stream.on('end', () => {
            if (stream.sizeExceeded)
                return done(refusal(552, 'too large'));
            for (const recipient of session.envelope.rcptTo)
                keep(recipient.address.toLowerCase(), Buffer.concat(pieces));
            done(null, 'kept');
        });
    }
});
server.on('error', error => console.error(error.message));
server.listen(settings.port, settings.host);
process.on('SIGTERM', () => process.exit(0));
