/** A process that runs one benchmark which calls the product in its own process. */
import { PorticoError } from '../../runtime/errors.ts'
import type { Measured } from './bench.ts'
import { Flags } from './flags.ts'
import { inProcess } from './in-process.ts'
import { serve } from './remote.ts'

/** What the process can be asked. */
export interface CompiledService {
  readonly run: (order: { readonly name: string; readonly argv: readonly string[] }) => Promise<Measured>
}

serve<CompiledService>({ run })

async function run({ name, argv }: { name: string; argv: readonly string[] }): Promise<Measured> {
  const bench = inProcess[name]
  if (!bench) throw new PorticoError('E_LAB', `there is no benchmark ${name}`)
  return bench.run(new Flags(argv))
}
