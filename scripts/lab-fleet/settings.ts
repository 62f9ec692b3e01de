import { readFile, readlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { PorticoError } from '../../runtime/errors.ts'

/** What `up` was asked for, as far as the members' configuration rests on it. */
const settingsSchema = z.object({
  name: z.string(),
  /** Addresses of the doors; the first is where the media servers send to. */
  door: z.array(z.string()).min(1).readonly(),
  doorPort: z.int(),
  mediaAddress: z.string(),
  /** Server n listens on this address plus n. */
  baseAddress: z.string(),
  capacity: z.int(),
  rtpTimeoutSec: z.int(),
  ngPort: z.int(),
  /** First and last port of rtpengine. */
  mediaPorts: z.tuple([z.int(), z.int()]).readonly(),
  redisPort: z.int(),
})

/** A lab as it is kept on disk. */
const labSchema = z.object({
  settings: settingsSchema.readonly(),
  /** Password of the AMI user `portico`, new for each lab. */
  secret: z.string(),
  /** The network namespace it was started in: from another one its addresses lead elsewhere. */
  network: z.string(),
})

/** See `settingsSchema`. */
export type Settings = Readonly<z.infer<typeof settingsSchema>>
/** See `labSchema`. */
export type Lab = Readonly<z.infer<typeof labSchema>>

/** The lab kept in `dir`, if there is one. */
export async function readLab(dir: string): Promise<Lab | undefined> {
  const text = await readFile(join(dir, 'lab.json'), 'utf8').catch(() => undefined)
  return text === undefined ? undefined : labSchema.parse(JSON.parse(text))
}

/** Keeps it; only its owner may read the secret. */
export async function writeLab(dir: string, lab: Lab): Promise<void> {
  await writeFile(join(dir, 'lab.json'), JSON.stringify(lab, undefined, 2), { mode: 0o600 })
}

/** The network namespace of this process. */
export function currentNetwork(): Promise<string> {
  return readlink('/proc/self/ns/net')
}

/** Throws `E_LAB` when a living lab was started in another way or place than it is asked for now. */
export function checkSame(lab: Lab, wanted: Settings, network: string): void {
  const down = `take it down first: scripts/lab down --name ${wanted.name}`
  if (lab.network !== network) {
    throw new PorticoError(
      'E_LAB',
      `lab "${wanted.name}" runs in another network namespace; use another --name, or ${down}`,
    )
  }
  const differing = Object.entries(wanted).filter(
    ([key, value]) =>
      JSON.stringify(value) !== JSON.stringify(Object.entries(lab.settings).find(([k]) => k === key)?.[1]),
  )
  if (differing.length === 0) return
  throw new PorticoError(
    'E_LAB',
    `lab "${wanted.name}" runs with another ${differing.map(([key]) => key).join(', ')}; ${down}`,
  )
}
