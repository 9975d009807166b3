// Lets a person break the demo: a button in the footer opens a list of faults, each made by a button of its own.
const words = {
  open: 'Break something',
  title: 'Break something, and watch the account stay balanced',
  close: 'Close',
  none: 'not made yet',
  made: (n, hits) => `made ${n === 1 ? 'once' : `${n} times`}, met ${hits === 1 ? 'once' : `${hits} times`}`,
  on: 'going on',
  failed: (why) => `That did not work: ${why}`,
};
const everyMs = 1000;

function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

const list = make('ul', { class: 'faults' });
const said = make('p', { class: 'faults-said', role: 'status' });
const close = make('button', { class: 'button', type: 'button' }, words.close);
const dialog = make('dialog', { class: 'rehearsal', 'aria-labelledby': 'rehearsal-title' },
  make('h2', { id: 'rehearsal-title', class: 'card-title' }, words.title), list, said, close);
const open = make('button', { class: 'button', type: 'button', 'aria-haspopup': 'dialog' }, words.open);
const rows = new Map();
let timer = 0;

function show(faults) {
  for (const fault of faults) {
    if (!rows.has(fault.name)) {
      const state = make('span', { class: 'fault-state' });
      const button = make('button', { class: 'button', type: 'button', title: fault.name }, fault.says);
      button.addEventListener('click', () => breakIt(fault.name));
      list.append(make('li', {}, button, state));
      rows.set(fault.name, { state, button });
    }
    const { state, button } = rows.get(fault.name);
    const text = fault.began === 0 ? words.none : `${words.made(fault.began, fault.hits)}${fault.on ? `, ${words.on}` : ''}`;
    if (state.textContent !== text) state.textContent = text;
    button.classList.toggle('on', fault.on);
  }
}

async function ask(path, options = {}) {
  try {
    const answer = await fetch(path, { cache: 'no-store', ...options });
    const body = await answer.json();
    if (!answer.ok) throw new Error(body.error);
    show(body);
    said.textContent = '';
  } catch (problem) {
    said.textContent = words.failed(problem.message);
  }
}

const look = () => ask('/rehearsal/faults');
const breakIt = (name) => ask(`/rehearsal/faults/${encodeURIComponent(name)}`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}' });

open.addEventListener('click', async () => {
  await look();
  dialog.showModal();
  timer = setInterval(look, everyMs);
});
close.addEventListener('click', () => dialog.close());
dialog.addEventListener('close', () => clearInterval(timer));
document.querySelector('.links')?.prepend(open);
document.body.append(dialog);
