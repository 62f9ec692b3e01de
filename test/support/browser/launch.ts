import { createHash, createPublicKey } from 'node:crypto'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { chromium, type Page } from 'playwright-core'

/** How a browser is started. */
export interface BrowserOptions {
  /** A wav file (48 kHz, mono, 16 bits) that plays as the microphone, again and again; default: beeps. */
  readonly audioFile?: string
  /** The one certificate (PEM) that is trusted although nobody signed it; all others are checked as ever. */
  readonly certificate?: string
  /** Without it the browser blocks sound until a click, as it does for people. */
  readonly autoplay?: boolean
  readonly colorScheme?: 'light' | 'dark'
  readonly viewport?: { readonly width: number; readonly height: number }
  /** More flags of Chromium. */
  readonly args?: readonly string[]
}

/** A browser with a profile of its own. */
export interface TestBrowser {
  /** Opens a page that knows the functions of `in-page.js`. */
  open(url: string): Promise<Page>
  /** What pages complained of: uncaught errors and console errors. */
  readonly complaints: readonly string[]
  /** Ends it and removes the profile. */
  close(): Promise<void>
}

/** Starts Debian's Chromium without a window. The microphone is granted and plays a file. */
export async function launchBrowser(options: BrowserOptions = {}): Promise<TestBrowser> {
  if (!existsSync(executable)) {
    throw new Error(`${executable} is missing, and the tests of the page need it: apt-get install chromium`)
  }
  const context = await chromium.launchPersistentContext('', {
    executablePath: executable,
    headless: true,
    chromiumSandbox: false,
    args: flags(options),
    colorScheme: options.colorScheme ?? 'light',
    ...(options.viewport && { viewport: { ...options.viewport } }),
  })
  await context.addInitScript({ path: fileURLToPath(new URL('in-page.js', import.meta.url)) })
  const complaints: string[] = []
  return {
    complaints,
    async open(url) {
      const page = await context.newPage()
      page.on('pageerror', error => complaints.push(String(error)))
      page.on('console', message => message.type() === 'error' && complaints.push(message.text()))
      await page.goto(url)
      return page
    },
    close: () => context.close(),
  }
}

/** What `--ignore-certificate-errors-spki-list` takes: the SHA-256 of the public key, in base 64. */
export function keyPin(certificate: string): string {
  const key = createPublicKey(certificate).export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(key).digest('base64')
}

const executable = '/usr/bin/chromium'

function flags({ audioFile, certificate, autoplay = false, args = [] }: BrowserOptions): string[] {
  return [
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
    '--use-fake-ui-for-media-stream',
    '--use-fake-device-for-media-stream',
    ...(autoplay ? ['--autoplay-policy=no-user-gesture-required'] : []),
    ...(audioFile ? [`--use-file-for-fake-audio-capture=${audioFile}`] : []),
    ...(certificate ? [`--ignore-certificate-errors-spki-list=${keyPin(certificate)}`] : []),
    ...args,
  ]
}
