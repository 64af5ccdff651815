interface Named {
  readonly name: string
  readonly version?: string
}

/** What a User-Agent header says. */
export interface UserAgent {
  readonly browser?: Named
  readonly os?: Named
  readonly device?: { readonly family: string; readonly model?: string; readonly brand?: string }
}

type Rule = readonly [name: string, pattern: RegExp]

/** First match wins: browsers name those that they descend from as well. */
const browsers: readonly Rule[] = [
  ['Googlebot', /Googlebot(?:-\w{1,16})?\/([\d.]{1,32})/],
  ['bingbot', /bingbot\/([\d.]{1,32})/],
  ['Edge', /Edg(?:e|A|iOS)?\/([\d.]{1,32})/],
  ['Opera', /(?:OPR|Opera)\/([\d.]{1,32})/],
  ['Samsung Internet', /SamsungBrowser\/([\d.]{1,32})/],
  ['Vivaldi', /Vivaldi\/([\d.]{1,32})/],
  ['Electron', /Electron\/([\d.]{1,32})/],
  ['HeadlessChrome', /HeadlessChrome\/([\d.]{1,32})/],
  ['Firefox', /(?:Firefox|FxiOS)\/([\d.]{1,32})/],
  ['Chrome Mobile', /CriOS\/([\d.]{1,32})/],
  ['Chrome Mobile', /Chrome\/([\d.]{1,32}) Mobile/],
  ['Chrome', /Chrome\/([\d.]{1,32})/],
  ['Mobile Safari', /Version\/([\d.]{1,32}) Mobile\/\w{1,16} Safari/],
  ['Safari', /Version\/([\d.]{1,32}) Safari/],
  ['IE', /MSIE ([\d.]{1,32})/],
  ['IE', /Trident\/.{1,100}rv:([\d.]{1,32})/],
  ['curl', /^curl\/([\d.]{1,32})/],
  ['Python Requests', /^python-requests\/([\d.]{1,32})/],
  ['okhttp', /^okhttp\/([\d.]{1,32})/],
]

const systems: readonly Rule[] = [
  ['Windows Phone', /Windows Phone(?: OS)? ([\d.]{1,16})/],
  ['Windows', /Windows NT ([\d.]{1,16})/],
  ['iOS', /(?:iPhone|iPad|iPod).{1,100}? OS ([\d_]{1,16})/],
  ['Android', /Android ([\d.]{1,16})/],
  ['Chrome OS', /CrOS \w{1,16} ([\d.]{1,32})/],
  ['Mac OS X', /Mac OS X ([\d_.]{1,16})/],
  ['Ubuntu', /Ubuntu(?:\/([\d.]{1,16}))?/],
  ['Linux', /Linux/],
]

/** Of Windows NT's numbers, those that people know by another. */
const windows: Readonly<Record<string, string>> = {
  '10.0': '10',
  '6.3': '8.1',
  '6.2': '8',
  '6.1': '7',
  '6.0': 'Vista',
  '5.1': 'XP',
}

/** Longer than any browser's. */
const longest = 512
const remembered = new Map<string, UserAgent>()
const mostRemembered = 500

/** Browser, system and device by the names that Sentry gives them; what it does not know it leaves out. */
export function readUserAgent(header: string): UserAgent {
  const text = header.slice(0, longest)
  const known = remembered.get(text)
  if (known !== undefined) return known
  const browser = firstOf(browsers, text)
  const found = firstOf(systems, text)
  const version = found?.version?.replaceAll('_', '.')
  const os =
    found?.name === 'Windows' && version !== undefined
      ? { name: 'Windows', version: windows[version] ?? version }
      : found && named(found.name, version)
  const device = deviceOf(text)
  const read = { ...(browser && { browser }), ...(os && { os }), ...(device && { device }) }
  if (remembered.size >= mostRemembered) remembered.clear()
  remembered.set(text, read)
  return read
}

function firstOf(rules: readonly Rule[], text: string): Named | undefined {
  for (const [name, pattern] of rules) {
    const match = pattern.exec(text)
    if (match !== null) return named(name, match[1])
  }
  return undefined
}

const named = (name: string, version: string | undefined): Named =>
  version === undefined || version === '' ? { name } : { name, version }

/** What browsers say that keep the model to themselves. */
const unnamed = new Set(['K', 'Mobile', 'Tablet'])

function deviceOf(text: string): UserAgent['device'] {
  const apple = /\((iPhone|iPad|iPod|Macintosh)/.exec(text)?.[1]
  if (apple === 'Macintosh') return { family: 'Mac', brand: 'Apple', model: 'Mac' }
  if (apple !== undefined) return { family: apple, brand: 'Apple', model: apple }
  const model = /Android [\d.]{1,16}; ([^;)]{1,64}?)(?: Build\/[^;)]{1,64})?[;)]/.exec(text)?.[1]
  return model === undefined || unnamed.has(model) ? undefined : { family: model, model }
}
