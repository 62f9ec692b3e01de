import { PorticoError } from '../../runtime/errors.ts'
import { isShutdown } from './connection.ts'
import type { AmiLink } from './link.ts'
import type { AmiFields } from './message.ts'

/** What the manager user may do against what it needs. */
export interface Rights {
  /** Classes of `write` that are needed and not given. */
  readonly missing: readonly string[]
  /** Classes of `write` that are given and would let an intruder run programs or rewrite the configuration. */
  readonly excess: readonly string[]
}

/**
 * Asks Asterisk what our user may do, by actions that do nothing: it refuses for want of rights before it looks at the
 * rest. Undefined when it tells nothing now, e.g. because it shuts down.
 */
export async function checkRights(link: Pick<AmiLink, 'action'>): Promise<Rights | undefined> {
  const missing: string[] = []
  const excess: string[] = []
  for (const { name, needed, action } of probes) {
    const allowed = await isAllowed(link, action)
    if (allowed === undefined) return undefined
    if (needed && !allowed) missing.push(name)
    if (!needed && allowed) excess.push(name)
  }
  return { missing, excess }
}

const probes: readonly { readonly name: string; readonly needed: boolean; readonly action: AmiFields }[] = [
  { name: 'call', needed: true, action: { action: 'Hangup', channel: 'portico-rights' } },
  { name: 'reporting', needed: true, action: { action: 'CoreSettings' } },
  { name: 'originate', needed: true, action: { action: 'Originate' } },
  { name: 'user', needed: true, action: { action: 'UserEvent', userevent: 'PorticoRights' } },
  { name: 'command', needed: false, action: { action: 'Command', command: 'core show uptime' } },
  { name: 'system', needed: false, action: { action: 'ModuleCheck', module: 'portico_rights' } },
  { name: 'config', needed: false, action: { action: 'GetConfig', filename: 'portico-rights.conf' } },
]

async function isAllowed(link: Pick<AmiLink, 'action'>, action: AmiFields): Promise<boolean | undefined> {
  try {
    await link.action(action)
    return true
  } catch (cause) {
    if (!(cause instanceof PorticoError) || cause.code !== 'E_AMI_REFUSED') return undefined
    if (isShutdown(cause.message)) return undefined
    return !/permission denied/i.test(cause.message)
  }
}
