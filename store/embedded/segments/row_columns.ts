import { baseColumns, promotedColumns } from '../columns.ts'
import { ListColumn } from '../parquet/list_column.ts'
import { NumberColumn } from '../parquet/number_column.ts'
import { physical } from '../parquet/pages.ts'
import type { NamedColumn } from '../parquet/parquet_file.ts'
import { TextColumn } from '../parquet/text_column.ts'

/** Of documents: what is unpacked at least for one. */
const pageBytes = 1_750_000

/** The columns of a segment, to be filled row by row. */
export class RowColumns {
  readonly stream = texts()
  readonly time = new NumberColumn(physical.int64)
  readonly journal = texts()
  readonly ordinal = new NumberColumn(physical.int32)
  readonly id = new TextColumn({ dictionary: false, bounds: true, pageBytes: Infinity })
  readonly seq = new NumberColumn(physical.int64)
  readonly spilled = new ListColumn()
  /** By promoted column: those of its type. */
  readonly numbers = promotedColumns.map(({ type }) => {
    return type === 'BIGINT' ? new NumberColumn(physical.int64) : undefined
  })
  readonly texts = promotedColumns.map(({ type }) => (type === 'VARCHAR' ? texts() : undefined))
  readonly source = new TextColumn({ dictionary: false, bounds: false, pageBytes })

  /** In the order of the file. */
  named(): NamedColumn[] {
    const base = [
      ['_stream', 'text', this.stream],
      ['@timestamp', 'timestamp', this.time],
      ['_journal', 'text', this.journal],
      ['_ordinal', 'int32', this.ordinal],
      ['_id', 'text', this.id],
      ['_seq', 'int64', this.seq],
      ['_spilled', 'texts', this.spilled],
    ] as const satisfies readonly (readonly [
      keyof typeof baseColumns,
      NamedColumn['kind'],
      object,
    ])[]
    return [
      ...base.map(([name, kind, column]) => ({ name, kind, column })),
      ...promotedColumns.map(({ path, type }, place) => ({
        name: path,
        kind: type === 'BIGINT' ? ('int64' as const) : ('text' as const),
        column: this.numbers[place] ?? this.texts[place]!,
      })),
      { name: '_source', kind: 'text', column: this.source, isApart: true },
    ]
  }
}

const texts = () => new TextColumn({ dictionary: true, bounds: true, pageBytes: Infinity })
