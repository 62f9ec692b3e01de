import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { messageOf } from '../../runtime/errors.ts'
import { besideMe } from './places.ts'
import { prepareSuite, type Suite } from './suite.ts'
import { addresses, hostsFile } from './testbed.ts'
import { suiteTools } from './tools.ts'

const command = new Command('scripts/conformance')
  .description(
    "Runs drachtio-srf's own public test suite against this engine, in network, mount and process namespaces of its own. " +
      'Needs SIPp, iproute2 and root (or user namespaces), and once the npm registry. The last line is "N passed, N failed".',
  )
  .argument('[files...]', 'unit-tests, b2b, uac, …; default: all that the suite itself runs')
  .option('--keep', 'leave the logs of SIPp, engines and tests where they are, and say where', false)
  .action(async (files: readonly string[], { keep }: { readonly keep: boolean }) => {
    process.exitCode = await conform(files, keep)
  })
await command.parseAsync().catch((error: unknown) => {
  console.error(`scripts/conformance: ${messageOf(error)}`)
  process.exitCode = 2
})

async function conform(wanted: readonly string[], keep: boolean): Promise<number> {
  const tools = suiteTools()
  const work = mkdtempSync(join(tmpdir(), 'portico-conformance-'))
  try {
    const suite = prepareSuite(work)
    console.log(`drachtio-srf ${suite.version}`)
    console.log(`bare < escaped, or SIPp would not read it: ${suite.mended.join(', ') || 'nowhere'}`)
    writeFileSync(join(work, 'hosts'), hostsFile())
    // Nobody answers there, so that a name which is not in the hosts file is unknown at once.
    writeFileSync(join(work, 'resolv.conf'), 'nameserver 127.0.0.1\n')
    return await runInside(work, tools, suite, wanted.length > 0 ? wanted : ['unit-tests', ...suite.files])
  } finally {
    if (keep) console.log(`logs: ${join(work, 'run')}`)
    else rmSync(work, { recursive: true, force: true })
  }
}

/** In there node is process 1, so the kernel ends all others with it, however it ends. */
function runInside(work: string, tools: string, suite: Suite, files: readonly string[]): Promise<number> {
  const asRoot = process.getuid?.() === 0 ? [] : ['--map-root-user']
  const namespaces = [...asRoot, '--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc']
  const setUp = [
    'ip link set lo up',
    ...addresses.map(address => `ip addr add ${address}/32 dev lo`),
    `mount --bind "${join(work, 'hosts')}" /etc/hosts`,
    `mount --bind "${join(work, 'resolv.conf')}" /etc/resolv.conf`,
    'exec "$0" "$@"',
  ].join(' && ')
  const args = [...process.execArgv, besideMe('inside.ts'), work, suite.dir, tools, ...files]
  const child = spawn('unshare', [...namespaces, 'sh', '-c', setUp, process.execPath, ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => child.kill('SIGKILL'))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', code => resolve(code ?? 1))
  })
}
