import type { Test } from 'tap'
import { run } from '../../cli/run.ts'
import { printable, type Terminal } from '../../cli/terminal.ts'
import { defaultConfig, type Config } from '../../config/schema.ts'
import { silentLog } from '../../runtime/log.ts'
import { createAmiActions } from '../../selector/ami/actions.ts'
import { createSelector } from '../../selector/main.ts'
import { createMemoryStore } from '../../selector/store/memory/store.ts'
import type { Store } from '../../selector/store/store.ts'
import { ManualClock } from './manual-clock.ts'

/** What a command wrote, and how it ended. */
export interface Ran {
  readonly code: 0 | 1 | 2
  readonly out: string
  readonly error: string
}

/** A command line with an environment of its own. `stdin` is what it may read. */
export async function runCli(
  argv: readonly string[],
  { env = {}, stdin = '' }: { readonly env?: Terminal['env']; readonly stdin?: string } = {},
): Promise<Ran> {
  const written = { out: '', error: '' }
  const code = await run(argv, {
    out: text => void (written.out += `${printable(text)}\n`),
    error: text => void (written.error += `${printable(text)}\n`),
    readLine: async () => stdin.split('\n')[0] ?? '',
    env,
  })
  return { code, ...written }
}

/** A selector that listens on a free port until the test ends, and a command line that reaches it. */
export interface LiveSelector {
  readonly store: Store
  readonly clock: ManualClock
  readonly config: Config
  readonly url: string
  readonly portico: (command: string, stdin?: string) => Promise<Ran>
}

/** Starts it over a memory store. */
export async function liveSelector(t: Test): Promise<LiveSelector> {
  const clock = new ManualClock()
  const store = createMemoryStore({ policy: { utilisation: 'expected', rho: 0.7 }, clock, log: silentLog })
  const config: Config = {
    ...defaultConfig,
    dataDir: t.testdir({}),
    listen: { ...defaultConfig.listen, admin: { host: '127.0.0.1', port: 0 } },
    admin: { token: 'token-of-the-tests' },
  }
  const selector = createSelector({
    config,
    store,
    actions: createAmiActions({ clock }),
    log: silentLog,
    clock,
  })
  t.teardown(() => selector.stop())
  await selector.start()
  const url = selector.adminUrl()
  const env = { PORTICO_URL: url, PORTICO_TOKEN: 'token-of-the-tests' }
  return {
    store,
    clock,
    config,
    url,
    portico: (command, stdin = '') => runCli(command.split(' '), { env, stdin }),
  }
}
