import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'

/** Saves how the page looks as `<name>-light.png` and `<name>-dark.png` in the folder that PORTICO_SCREENSHOTS names; without it does nothing. */
export async function screenshot(page: Page, name: string): Promise<void> {
  const folder = process.env['PORTICO_SCREENSHOTS']
  if (!folder) return
  await mkdir(folder, { recursive: true })
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await page.screenshot({ path: join(folder, `${name}-${colorScheme}.png`), fullPage: true })
  }
}
