import { html, write } from './elements.js';

// fillTable puts a table into the element: the names of the columns, and rows of text whose first cell names the row.
// Cells are written in place while the shape stays the same, so that a selection and a screen reader's place in the
// table survive a change of numbers.
export function fillTable(element, columns, rows) {
  const shape = JSON.stringify([columns, rows.length]);
  if (element.dataset.shape !== shape) {
    element.dataset.shape = shape;
    element.replaceChildren(html('table', {},
      html('thead', {}, html('tr', {}, ...columns.map((name) => html('th', { scope: 'col' }, name)))),
      html('tbody', {}, ...rows.map((cells) => html('tr', {}, html('th', { scope: 'row' }), ...cells.slice(1).map(() => html('td')))))));
  }
  const shown = element.querySelectorAll('tbody tr');
  rows.forEach((cells, i) => cells.forEach((cell, j) => write(shown[i].children[j], cell)));
}
