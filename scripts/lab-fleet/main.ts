import { Command, Option } from 'commander'
import { messageOf, PorticoError } from '../../runtime/errors.ts'
import { askServer, maxServers, startServer } from './asterisk.ts'
import { ensureChroot, removeChroot } from './chroot.ts'
import { ensureCommand } from './debian.ts'
import { down, isUp, knownServer, runningLabs, status, up, type Report } from './fleet.ts'
import { killMember, signalMember } from './member.ts'
import { address, addresses, ports, whole } from './options.ts'
import { progress } from './progress.ts'
import type { Settings } from './settings.ts'

interface UpOptions {
  readonly name: string
  readonly servers: number
  readonly redis: boolean
  readonly rtpengine: boolean
  readonly door: readonly string[]
  readonly doorPort: number
  readonly mediaAddress: string
  readonly mediaPorts: readonly [number, number]
  readonly baseAddress: string
  readonly capacity: number
  readonly rtpTimeout: number
  readonly ngPort: number
  readonly redisPort: number
  readonly json: boolean
}
interface Named {
  readonly name: string
  readonly json?: boolean
}

const lab = new Command('scripts/lab').description(
  'Real Asterisk media servers, rtpengine and Redis for tests, on loopback or inside a network namespace (unshare -n).',
)
// Options of `exec` end where the Asterisk command begins. A wrong option is a usage error, exit code 2.
lab.enablePositionalOptions().exitOverride(error => process.exit(error.exitCode === 0 ? 0 : 2))

const nameOption = (): Option =>
  new Option('--name <name>', 'which lab; several may run in namespaces of their own').default('lab')
const jsonOption = (): Option => new Option('--json', 'print one JSON object').default(false)

lab
  .command('up')
  .description('start what is missing, wait until all of it works, and print it')
  .option('--servers <n>', `media servers, 0 to ${maxServers}`, whole(0, maxServers), 2)
  .option('--redis', 'a Redis that keeps nothing', false)
  .option('--no-rtpengine', 'no media anchor')
  .option('--door <addresses>', 'addresses of the front doors; servers send to the first', addresses, [
    '127.0.0.1',
  ])
  .option('--door-port <port>', 'port of the front door for media servers', whole(1, 65_535), 5070)
  .option('--media-address <address>', 'outer address of rtpengine', address, '127.0.0.1')
  .option('--media-ports <min-max>', 'ports of rtpengine', ports, [40_000, 44_999])
  .option('--base-address <address>', 'server n listens on this address plus n', address, '127.0.1.0')
  .option('--capacity <agents>', 'capacity to report for each server', whole(1, 10_000), 50)
  .option('--rtp-timeout <seconds>', 'Asterisk ends a leg without RTP after this', whole(1, 86_400), 60)
  .option('--ng-port <port>', 'control port of rtpengine', whole(1, 65_535), 22_222)
  .option('--redis-port <port>', 'port of Redis', whole(1, 65_535), 6379)
  .addOption(nameOption())
  .addOption(jsonOption())
  .action(async (options: UpOptions) => {
    print(await up(settingsOf(options), options), options.json)
  })

lab
  .command('prepare')
  .description('make the chroot and install Redis, so that `up` needs no network any more')
  .action(async () => {
    await ensureChroot()
    await ensureCommand('redis-server', 'redis-server')
    progress('prepared')
  })

lab
  .command('down')
  .description('end every process of the lab and remove its files')
  .addOption(nameOption())
  .action(async ({ name }: Named) => {
    await down(name)
    progress(`lab "${name}" is down`)
  })

lab
  .command('status')
  .description('print the lab; exit code 1 unless all of it lives')
  .addOption(nameOption())
  .addOption(jsonOption())
  .action(async ({ name, json }: Named) => {
    const report = await status(name)
    print(report, json === true)
    if (!isUp(report)) process.exitCode = 1
  })

lab
  .command('exec')
  .argument('<server>')
  .argument('<words...>', 'a command of the Asterisk command line, such as: confbridge list')
  .description('run an Asterisk CLI command on a server; options of ours come before the server')
  .addOption(nameOption())
  .passThroughOptions()
  .action(async (server: string, words: readonly string[], { name }: Named) => {
    const { member } = await knownServer(name, server)
    process.exitCode = await askServer(member, words)
  })

lab
  .command('kill')
  .argument('<server>')
  .description('SIGKILL: calls, sockets and all')
  .addOption(nameOption())
  .action(async (server: string, { name }: Named) => {
    const { member } = await knownServer(name, server)
    if (!(await killMember(member)))
      throw new PorticoError('E_LAB', `${server} does not run; scripts/lab start ${server}`)
  })

lab
  .command('start')
  .argument('<server>')
  .description('start a server that died, with the configuration it had')
  .addOption(nameOption())
  .action(async (server: string, { name }: Named) => {
    const known = await knownServer(name, server)
    await startServer(known.lab, known.number)
  })

for (const [verb, signal, meaning] of [
  ['freeze', 'SIGSTOP', 'hang a server: it keeps its sockets and answers nothing'],
  ['thaw', 'SIGCONT', 'let a frozen server go on'],
] as const) {
  lab
    .command(verb)
    .argument('<server>')
    .description(meaning)
    .addOption(nameOption())
    .action(async (server: string, { name }: Named) => {
      const { member } = await knownServer(name, server)
      if (!(await signalMember(member, signal))) throw new PorticoError('E_LAB', `${server} does not run`)
    })
}

lab
  .command('clean')
  .description('remove the chroot that all labs share; the next `up` makes it again')
  .action(async () => {
    const running = await runningLabs()
    if (running.length > 0)
      throw new PorticoError(
        'E_LAB',
        `still up: ${running.join(', ')}; scripts/lab down --name ${running[0]}`,
      )
    await removeChroot()
  })

await lab.parseAsync().catch((error: unknown) => {
  console.error(`scripts/lab: ${messageOf(error)}`)
  process.exitCode = error instanceof PorticoError && error.code === 'E_LAB' ? 2 : 1
})

function settingsOf(options: UpOptions): Settings {
  const { name, door, doorPort, mediaAddress, mediaPorts, baseAddress, capacity, ngPort, redisPort } = options
  return {
    name,
    door,
    doorPort,
    mediaAddress,
    mediaPorts,
    baseAddress,
    capacity,
    ngPort,
    redisPort,
    rtpTimeoutSec: options.rtpTimeout,
  }
}

function print(report: Report, json: boolean): void {
  if (json) return console.log(JSON.stringify(report))
  for (const server of report.servers)
    console.log(`${server.id}  sip:${server.sip.host}:${server.sip.port}  ${life(server)}  ${server.dir}`)
  if (report.rtpengine) console.log(`rtpengine  ${report.rtpengine.ng}  ${life(report.rtpengine)}`)
  if (report.redis) console.log(`redis  ${report.redis.url}  ${life(report.redis)}`)
  if (report.servers.length === 0)
    console.log(`no lab "${report.name}"; scripts/lab up --name ${report.name}`)
}

function life({ pid }: { readonly pid?: number }): string {
  return pid === undefined ? 'dead' : `pid ${pid}`
}
