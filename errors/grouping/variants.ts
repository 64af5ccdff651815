import { hash } from 'node:crypto'
import { muted, type Component } from './component.ts'
import type { EventView } from './event_view.ts'
import { defaultPart, fingerprintOf, type Fingerprint } from './fingerprint.ts'
import type { Variant, VariantName } from './grouping.ts'
import type { Strategy } from './strategies/strategy.ts'

export const md5 = (text: string): string => hash('md5', text, 'hex')

const names = ['app', 'system', 'default'] as const
type ComponentName = (typeof names)[number]

/**
 * All ways to look at an event, those that contribute first in the order in which their hashes are looked up.
 * @param full also those that are outweighed, for people to see
 */
export function variantsOf(
  view: EventView,
  strategies: readonly Strategy[],
  full = false,
): { variants: readonly Variant[]; fingerprint: Fingerprint | undefined } {
  const fingerprint = fingerprintOf(view)
  const checksum = checksumVariants(view.event.checksum)
  const custom = fingerprint && !fingerprint.values.includes(defaultPart)
  const first = checksum ?? (custom ? [fingerprintVariant(fingerprint)] : undefined)
  if (first) {
    const why = checksum ? 'checksum takes precedence' : 'custom fingerprint takes precedence'
    const rest = full
      ? componentVariants(view, strategies, full).map((one) => silenced(one, why))
      : []
    return { variants: [...first, ...rest], fingerprint }
  }
  const components = componentVariants(view, strategies, full)
  if (!components.some((one) => one.contributes)) {
    return { variants: [...components, fallback(fingerprint)], fingerprint }
  }
  const variants = fingerprint ? components.map((one) => salted(one, fingerprint)) : components
  return { variants, fingerprint }
}

/** What happened, by the first strategy that has something to say. */
function componentVariants(
  view: EventView,
  strategies: readonly Strategy[],
  full: boolean,
): Variant[] {
  const values: Record<ComponentName, Component[]> = { app: [], system: [], default: [] }
  let winner: string | undefined
  for (const strategy of strategies) {
    const parts = strategy.parts(view)
    if (!parts) continue
    const why = winner && `ignored because ${winner} takes precedence`
    for (const name of names) {
      const part = parts[name]
      if (part) values[name].push(why && part.contributes ? muted(part, why) : part)
    }
    winner ??= names.some((name) => parts[name]?.contributes) ? strategy.name : undefined
    if (winner && !full) break
  }
  const variants = names.flatMap((name) =>
    values[name].length ? [variantOf(name, values[name])] : [],
  )
  return withoutTwins(variants)
}

function variantOf(name: ComponentName, values: readonly Component[]): Variant {
  let text = ''
  let contributes = false
  for (const value of values) {
    if (!value.contributes) continue
    text += value.text
    contributes = true
  }
  const component: Component = { id: name, contributes, values, text }
  return { name, type: 'component', contributes, hash: contributes ? md5(text) : '', component }
}

function withoutTwins(variants: Variant[]): Variant[] {
  const [app, system] = [
    variants.find((one) => one.name === 'app'),
    variants.find((one) => one.name === 'system'),
  ]
  if (!app?.contributes || !system || app.hash !== system.hash) return variants
  const hint = 'ignored because hash matches app variant'
  return variants.map((one) => (one === system ? silenced(one, hint) : one))
}

function silenced(variant: Variant, hint: string): Variant {
  if (!variant.contributes) return variant
  const { component } = variant
  return {
    ...variant,
    contributes: false,
    hash: '',
    hint,
    ...(component && { component: muted(component, hint) }),
  }
}

function salted(variant: Variant, fingerprint: Fingerprint): Variant {
  const shown: Variant = { ...variant, type: 'salted-component', ...fingerprintFields(fingerprint) }
  if (!variant.contributes) return shown
  const own = variant.component?.text ?? ''
  return {
    ...shown,
    hash: md5(fingerprint.values.map((one) => (one === defaultPart ? own : one)).join('')),
  }
}

function fingerprintVariant(fingerprint: Fingerprint): Variant {
  const name: VariantName = fingerprint.builtIn ? 'built-in-fingerprint' : 'custom-fingerprint'
  return {
    name,
    type: name,
    contributes: true,
    hash: md5(fingerprint.values.join('')),
    ...fingerprintFields(fingerprint),
  }
}

const fingerprintFields = ({ values, clientValues, rule }: Fingerprint) => ({
  values,
  ...(clientValues && { clientValues }),
  ...(rule && { matchedRule: rule.text }),
})

/** A hash that the SDK made itself; one of another form is hashed, and looked up as it is too. */
function checksumVariants(checksum: string | undefined): Variant[] | undefined {
  if (checksum === undefined || checksum === '') return undefined
  if (/^[0-9a-f]{32}$/i.test(checksum)) {
    return [{ name: 'checksum', type: 'checksum', contributes: true, hash: checksum.toLowerCase() }]
  }
  const hashed: Variant = {
    name: 'hashed-checksum',
    type: 'hashed-checksum',
    contributes: true,
    hash: md5(checksum),
    values: [checksum],
  }
  if (checksum.length > 32) return [hashed]
  return [
    hashed,
    { name: 'checksum', type: 'checksum', contributes: true, hash: checksum.toWellFormed() },
  ]
}

/** Nothing to go by: all such events of a project are one issue, unless their fingerprint tells them apart. */
function fallback(fingerprint: Fingerprint | undefined): Variant {
  const salt = fingerprint?.values.filter((value) => value !== defaultPart).join('') ?? ''
  return { name: 'fallback', type: 'fallback', contributes: true, hash: md5(salt) }
}
