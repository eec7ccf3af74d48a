/**
 * XML, written and changed by a library: what a name or a path holds never becomes markup.
 *
 *   element('disk', { type: 'file' }, element('target', { dev: 'vda' }))
 */

import { DOMImplementation, DOMParser, type Element, XMLSerializer } from '@xmldom/xmldom';
import { present } from '../../core/base/units.ts';

export interface XmlElement {
  readonly name: string;
  readonly given: Readonly<Record<string, string | number>>;
  readonly inside: readonly (XmlElement | string)[];
}

export const element = (
  name: string,
  given: XmlElement['given'] = {},
  ...inside: XmlElement['inside']
): XmlElement => ({ name, given, inside });

/** XML has no way at all to say these. */
const UNSPEAKABLE = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;
const speakable = (text: string): string => text.replaceAll(UNSPEAKABLE, ' ');

export function render(root: XmlElement): string {
  const document = new DOMImplementation().createDocument(null, root.name);
  const at = document.documentElement as Element;
  fill(at, root);
  return new XMLSerializer().serializeToString(document);
}

function fill(at: Element, { given, inside }: XmlElement): void {
  const document = present(at.ownerDocument, 'a document');
  for (const [name, value] of Object.entries(given)) {
    at.setAttribute(name, speakable(String(value)));
  }
  for (const one of inside) {
    if (typeof one === 'string') {
      at.appendChild(document.createTextNode(speakable(one)));
      continue;
    }
    const child = document.createElement(one.name);
    fill(child, one);
    at.appendChild(child);
  }
}

/** The same with every attribute and every text, of elements without others, put through this. */
export function mapped(xml: string, change: (text: string) => string): string {
  const document = new DOMParser().parseFromString(xml, 'text/xml');
  for (const at of [...document.getElementsByTagName('*')]) {
    for (const { name, value } of [...at.attributes]) at.setAttribute(name, change(value));
    const { firstChild, childNodes } = at;
    if (childNodes.length === 1 && firstChild?.nodeType === firstChild?.TEXT_NODE) {
      at.textContent = change(at.textContent ?? '');
    }
  }
  return new XMLSerializer().serializeToString(document);
}
