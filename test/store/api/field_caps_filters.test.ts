import { expect, test } from 'vitest'
import { filteredFields } from '../../../store/api/field_caps_filters.ts'

const caps = (type: string, isMetadata = false) => ({
  [type]: { type, metadata_field: isMetadata, searchable: true, aggregatable: true },
})
const fields = {
  _id: caps('_id', true),
  title: caps('text'),
  'title.raw': caps('keyword'),
  host: caps('object'),
  code: { ...caps('long'), ...caps('keyword') },
}

test.each<[string[], string[], string[]]>([
  [['-metadata'], [], ['title', 'title.raw', 'host', 'code']],
  [['+metadata'], [], ['_id']],
  [['-parent', '-multifield'], [], ['_id', 'title', 'code']],
  [['-nested'], ['keyword'], ['title.raw', 'code']],
  [[], ['text', 'long'], ['title', 'code']],
])('filters %j and types %j leave %j', (filters, types, expected) => {
  const left = filteredFields(fields, { filters, types }, new Set(['title.raw']))
  expect(Object.keys(left)).toEqual(expected)
  if (types[0] === 'keyword') expect(left['code']).toEqual(caps('keyword'))
})

test('a filter that nobody has is refused', () => {
  const filters = ['metadata']
  expect(() => filteredFields(fields, { filters, types: [] }, new Set())).toThrow('[metadata]')
})
