// Sends one signed message to Relais with Nodemailer 7: mutual TLS, the bytes as they were signed.
// tests/journey/interop_peers.py runs this very file.
//
//   node nodemailer-send.js SERVER.json ENVELOPE.json MESSAGE.eml
//     SERVER.json   {"host", "port", "name": the server's name in its certificate, "own": ours, "certificate", "key", "anchors": files}
//     ENVELOPE.json {"from", "to": [...]}
const fs = require('fs');
const nodemailer = require('nodemailer');

const [server, envelope] = process.argv.slice(2, 4).map(path => JSON.parse(fs.readFileSync(path)));
const transport = nodemailer.createTransport({
    host: server.host,
    port: server.port,
    name: server.own,
    secure: false,
    requireTLS: true,                                   // STARTTLS or nothing
    tls: {
        servername: server.name,
        ca: fs.readFileSync(server.anchors),            // the trust space's authorities, not the system's
        cert: fs.readFileSync(server.certificate),      // ours, then its chain
        key: fs.readFileSync(server.key),
        minVersion: 'TLSv1.2',
        rejectUnauthorized: true
    }
});
// "raw" leaves the message alone: what Nodemailer composes itself it would not sign
transport.sendMail({ envelope, raw: fs.readFileSync(process.argv[4]) }, (error, info) => {
    transport.close();
    console.log(error ? error.message : info.response);
    process.exitCode = error ? 1 : 0;
});
