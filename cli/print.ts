import type { Terminal } from './terminal.ts'

/** One column of a table: its head, and what stands in it. */
export type Column<T> = readonly [head: string, cell: (item: T) => string | number | undefined]

/** Prints items as aligned columns, or with `json` as they are. Numbers stand right, unknown cells are a dash. */
export function printList<T>(
  terminal: Terminal,
  items: readonly T[],
  {
    json = false,
    columns,
    none,
  }: { readonly json?: boolean; readonly columns: readonly Column<T>[]; readonly none: string },
): void {
  if (json) return printJson(terminal, items)
  if (items.length === 0) return terminal.out(none)
  terminal.out(table(items, columns))
}

/** Prints JSON for programs. */
export function printJson(terminal: Terminal, value: unknown): void {
  terminal.out(JSON.stringify(value, undefined, 2))
}

function table<T>(items: readonly T[], columns: readonly Column<T>[]): string {
  const cells = columns.map(([head, cell]) => {
    const values = items.map(cell)
    const isNumeric = values.every(value => value === undefined || typeof value === 'number')
    const texts = [head, ...values.map(value => oneLine(String(value ?? '-')))]
    const width = Math.max(...texts.map(text => text.length))
    return texts.map(text => (isNumeric ? text.padStart(width) : text.padEnd(width)))
  })
  const rows = Array.from({ length: items.length + 1 }, (_, row) => cells.map(column => column[row] ?? ''))
  return rows.map(row => row.join('  ').trimEnd()).join('\n')
}

/** A cell never breaks its row. */
function oneLine(text: string): string {
  return text.replaceAll(/\s/g, ' ')
}
