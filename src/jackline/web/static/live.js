// Keeps a page as the account is. It computes nothing: facts and words come rendered from the server.
// Without it the page shows what was so when it was loaded, and every form works.
const root = document.documentElement, body = document.body;
const stale = document.getElementById('stale'), icon = document.getElementById('icon');
const STALE_MS = 3000, WAIT_MS_MAX = 5000, LOGGED_OUT = 4401;
let heard = performance.now(), wait = 250, chart = null;

function replace(name, html) {
  const part = document.getElementById(`part-${name}`);
  if (!part || part.innerHTML === html) return;
  // A link that has the focus keeps it: whoever uses the keyboard must not start over every second.
  const focused = part.contains(document.activeElement) ? document.activeElement.getAttribute('href') : null;
  const scrolled = part.querySelector('.scroll')?.scrollLeft;
  part.innerHTML = html;
  if (scrolled) part.querySelector('.scroll').scrollLeft = scrolled;
  if (focused) part.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

function show(message) {
  heard = performance.now();
  for (const [name, html] of Object.entries(message.parts ?? {})) replace(name, html);
  root.dataset.tone = message.tone;
  root.dataset.heard = message.heard;
  root.classList.remove('stale');
  stale.hidden = true;
  name(message.tone, message.title);
  if (message.chart) chart?.update(message.chart);
}

function name(tone, title) {
  const href = `/static/${tone}.svg`;
  if (icon.getAttribute('href') !== href) icon.setAttribute('href', href);
  document.title = `${title} · ${body.dataset.page}`;
}

function connect() {
  const address = new URL(`/ws?page=${encodeURIComponent(body.dataset.live)}`, location.href);
  address.protocol = address.protocol.replace('http', 'ws');
  const socket = new WebSocket(address);
  socket.onmessage = (event) => { wait = 250; show(JSON.parse(event.data)); };
  socket.onclose = (event) => {
    if (event.code === LOGGED_OUT) return location.assign(`/login?next=${encodeURIComponent(location.pathname)}`);
    setTimeout(connect, wait * (0.75 + Math.random() / 2));
    wait = Math.min(wait * 2, WAIT_MS_MAX);
  };
}

setInterval(() => {
  const age = performance.now() - heard;
  if (age < STALE_MS) return;
  const said = `STALE ${Math.floor(age / 1000)} s`;
  root.classList.add('stale');
  stale.hidden = false;
  stale.textContent = `${said}: this page hears nothing. What stands here may not be so any more.`;
  name('old', `◌ ${said}`);
}, 500);

// Flatten is held, so that a thumb on its way elsewhere opens nothing. Enter and the space bar are held alike.
for (const link of document.querySelectorAll('[data-hold]')) {
  let timer = 0;
  const start = (event) => {
    if (event.repeat || timer || (event.key && event.key !== 'Enter' && event.key !== ' ')) return;
    if (event.key) event.preventDefault();
    link.classList.add('held');
    timer = setTimeout(() => location.assign(link.href), Number(link.dataset.hold));
  };
  const stop = () => { clearTimeout(timer); timer = 0; link.classList.remove('held'); };
  for (const kind of ['pointerdown', 'keydown']) link.addEventListener(kind, start);
  for (const kind of ['pointerup', 'pointerleave', 'pointercancel', 'keyup', 'blur']) link.addEventListener(kind, stop);
  for (const kind of ['click', 'contextmenu', 'dragstart']) link.addEventListener(kind, (event) => event.preventDefault());
}

document.addEventListener('pointerover', ({ target }) => {
  const time = target.closest?.('time');
  if (time) time.title = `${new Date(time.dateTime).toLocaleString()} here`;
});

root.classList.add('scripted');
connect();
if (document.getElementById('chart')) import('/static/chart.js').then(async (module) => { chart = await module.draw(body.dataset.live); });
