// loop.js PORT DELAY [NUMBER] - an event loop; with NUMBER, that many processes
// with a loop each.
const cluster = require('cluster');
const net = require('net');

const units = { us: 1e-3, ms: 1, s: 1e3, m: 6e4, '': 1 };
const [, number, unit] = /^(\d+)(\w*)$/.exec(process.argv[3]);
const delay = number * units[unit];
const processes = Number(process.argv[4] || 0);
const clients = new Set();
let stopping = false;

function serve(socket) {
  let text = Buffer.alloc(0), whole = [], working = false, ended = false;

  function close() {
    ended = true;
    whole = [];
    socket.end();
    socket.resume(); // otherwise answers would be lost
    setTimeout(() => socket.destroy(), 500).unref();
  }
  function next() {
    working = false;
    if (stopping || (whole.length && whole[0].equals(Buffer.from('goodbye'))))
      return close();
    if (!whole.length)
      return socket.readableEnded ? close() : socket.resume();
    const message = whole.shift();
    const good = message.length <= 4096 && message.every((byte) => byte < 128);
    working = true;
    const answer = () => socket.write(good ? 'ack' : 'nak', next);
    good && delay > 0 ? setTimeout(answer, delay) : answer();
  }
  socket.setNoDelay(true);
  clients.add(next);
  socket.on('data', (data) => {
    if (ended) return;
    let from = 0, at;
    text = Buffer.concat([text, data]);
    while ((at = text.indexOf(3, from)) !== -1) {
      whole.push(text.subarray(from, at));
      from = at + 1;
    }
    text = Buffer.from(text.subarray(from, from + 4097));
    socket.pause();
    if (!working) next();
  });
  socket.on('end', () => { if (!working && !ended) close(); });
  socket.on('error', () => {});
  socket.on('close', () => { ended = true; clients.delete(next); });
  next.isWorking = () => working;
}

function stop(tell) {
  process.on('SIGTERM', () => {
    if (stopping) process.exit(1);
    stopping = true;
    tell();
  });
}

if (processes > 0 && cluster.isPrimary) {
  for (let i = 0; i < processes; i++) cluster.fork();
  cluster.on('exit', () => { if (!stopping) cluster.fork(); });
  process.on('SIGTERM', () => {
    const workers = Object.values(cluster.workers);
    workers.forEach((worker) => worker.process.kill('SIGTERM'));
    if (stopping) process.exit(1);
    stopping = true;
  });
} else {
  const options = { allowHalfOpen: true, noDelay: true };
  const server = net.createServer(options, serve);
  stop(() => {
    server.close(() => process.exit(0));
    clients.forEach((next) => { if (!next.isWorking()) next(); });
  });
  server.listen({ port: process.argv[2], host: '127.0.0.1', backlog: 511 });
}
