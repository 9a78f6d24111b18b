/** A value as it stands in a response. `undefined` leaves the element out; a {@link XmlList} repeats its item's name. */
export type XmlValue = string | number | boolean | Date | undefined | XmlList | XmlObject;
export interface XmlObject {
  readonly [name: string]: XmlValue;
}

export class XmlList {
  constructor(
    readonly itemName: string,
    readonly items: readonly XmlValue[],
  ) {}
}

/** EC2 calls an item of a list `item`. */
export const items = (values: readonly XmlValue[]) => new XmlList('item', values);
/** The query protocol calls it `member`. */
export const members = (values: readonly XmlValue[]) => new XmlList('member', values);

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ESCAPES[character] ?? character);
}

function content(value: Exclude<XmlValue, undefined>): string {
  if (value instanceof XmlList) return value.items.map((item) => element(value.itemName, item)).join('');
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'object') {
    return Object.entries(value)
      .map(([name, inner]) => element(name, inner))
      .join('');
  }
  return escape(String(value));
}

function element(name: string, value: XmlValue, attributes = ''): string {
  return value === undefined ? '' : `<${name}${attributes}>${content(value)}</${name}>`;
}

/** A whole document with the service's namespace on its root. */
export function xmlDocument(root: string, namespace: string | undefined, value: XmlObject): string {
  const attributes = namespace === undefined ? '' : ` xmlns="${namespace}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element(root, value, attributes)}`;
}
