/** A SIPp that waits for calls during the whole suite. */
export interface SippServer {
  readonly name: string
  readonly address: string
  /** Its scenario's file name without `.xml`. */
  readonly scenario: string
}

/** An engine that the suite's applications connect to. */
export interface SuiteEngine {
  readonly name: string
  readonly address: string
  readonly controlPort: number
}

/** What the suite's `docker-compose-testbed.yaml` starts as servers: the one under test, and one for the transfer target. */
export const engines: readonly SuiteEngine[] = [
  { name: 'drachtio-sut', address: '172.29.0.10', controlPort: 9061 },
  { name: 'drachtio-uas', address: '172.29.0.19', controlPort: 9062 },
]

/** The secret of the suite's own configuration. */
export const secret = 'cymru'

/** What `docker-compose-testbed.yaml` starts as containers; here each is a process on an address of its own. */
export const sippServers: readonly SippServer[] = [
  { name: 'sipp-uas-cancel', address: '172.29.0.12', scenario: 'uas-cancel' },
  { name: 'sipp-uas', address: '172.29.0.13', scenario: 'uas' },
  { name: 'sipp-uas-404', address: '172.29.0.14', scenario: 'uas-404' },
  { name: 'sipp-uas-auth', address: '172.29.0.15', scenario: 'uas-auth' },
  { name: 'sipp-uas-auth-register', address: '172.29.0.16', scenario: 'uas-auth-register' },
  { name: 'sipp-uas-auth-register-no-realm', address: '172.29.0.17', scenario: 'uas-auth-register-no-realm' },
  { name: 'sipp-uas-refer', address: '172.29.0.18', scenario: 'uas-refer' },
  { name: 'sipp-uas-fast-reinvite', address: '172.29.0.20', scenario: 'uas-reinvite' },
  { name: 'sipp-uas-reinvite-overlap', address: '172.29.0.21', scenario: 'uas-reinvite-overlap' },
  { name: 'sipp-uas-302', address: '172.29.0.22', scenario: 'uas-302' },
  { name: 'sipp-uas-prack', address: '172.29.0.23', scenario: 'uas-prack' },
  { name: 'sipp-uas-bye-with-auth', address: '172.29.0.24', scenario: 'uas-bye-with-auth' },
  { name: 'sipp-uas-reinvite-with-auth', address: '172.29.0.25', scenario: 'uas-reinvite-with-auth' },
  { name: 'sipp-uas-options', address: '172.29.0.26', scenario: 'uas-options-expect-200' },
  { name: 'sipp-uas-407-no-auth-header', address: '172.29.0.27', scenario: 'uas-407-no-auth-header' },
  {
    name: 'sipp-uas-200-ok-no-contact-cancel',
    address: '172.29.0.28',
    scenario: 'uas-200-ok-no-contact-cancel',
  },
  { name: 'sipp-uas-fast-update', address: '172.29.0.29', scenario: 'uas-update-with-sdp' },
]

/** A server that a test starts by itself, so it only needs its name and address. */
const startedByTest = { name: 'sipp-uas-b-teardown', address: '172.29.0.30' }

/** Every address that must exist: those above, and from .100 on one for each client that a test starts. */
export const addresses: readonly string[] = [
  ...Array.from({ length: 21 }, (_, at) => `172.29.0.${10 + at}`),
  ...Array.from({ length: 100 }, (_, at) => `172.29.0.${100 + at}`),
]

/** The names as /etc/hosts tells them. */
export function hostsFile(): string {
  const named = [...engines, ...sippServers, startedByTest]
  return ['127.0.0.1 localhost', ...named.map(({ name, address }) => `${address} ${name}`), ''].join('\n')
}
