// Makes and finds elements. Text goes in as text and attributes as attributes, so nothing from outside can become markup.

export const byId = (id) => document.getElementById(id);

const svgNamespace = 'http://www.w3.org/2000/svg';

export function html(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

export function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS(svgNamespace, name), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// write sets an element's text only when it differs, so that an untouched page costs no layout.
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
