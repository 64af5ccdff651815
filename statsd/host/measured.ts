import {
  type Family,
  type FamilyType,
  labelsText,
  type Sample,
} from '../../core/exposition/family.ts'

/** A value as it was measured, under node_exporter's name and labels. */
export interface Measured {
  readonly name: string
  readonly type: Extract<FamilyType, 'counter' | 'gauge' | 'unknown'>
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export const none: Readonly<Record<string, string>> = {}

export const gauge = (name: string, value: number, labels = none): Measured => ({
  name,
  type: 'gauge',
  labels,
  value,
})
export const counter = (name: string, value: number, labels = none): Measured => ({
  name,
  type: 'counter',
  labels,
  value,
})
export const unknown = (name: string, value: number): Measured => ({
  name,
  type: 'unknown',
  labels: none,
  value,
})

/** What was measured, for `/metrics`; values that are no numbers are left out. */
export function familiesOf(measured: Iterable<Measured>): Family[] {
  const families = new Map<string, Family & { readonly samples: Sample[] }>()
  for (const { name, type, labels, value } of measured) {
    if (Number.isNaN(value)) continue
    let family = families.get(name)
    if (!family) families.set(name, (family = { name, type, help: helpOf(name), samples: [] }))
    family.samples.push({ labels: labelsText(Object.entries(labels)), value })
  }
  return [...families.values()]
}

const units: readonly (readonly [RegExp, string])[] = [
  [/_seconds(_total)?$/, 'seconds'],
  [/_bytes(_total)?$/, 'bytes'],
]

/** node_exporter's names say what they are; the help says it in words. */
function helpOf(name: string): string {
  const words = name.replace(/^(node|namedprocess_namegroup)_/, '').replace(/_total$/, '')
  const [, unit] = units.find(([pattern]) => pattern.test(name)) ?? []
  const text = words.replace(/_(seconds|bytes)$/, '').replaceAll('_', ' ')
  return unit === undefined ? `${text}.` : `${text} in ${unit}.`
}
