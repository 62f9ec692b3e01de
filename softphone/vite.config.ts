import { preact } from '@preact/preset-vite'
import { defineConfig } from 'vite'

export default defineConfig({
  plugins: [preact()],
  build: {
    outDir: '../dist/softphone',
    emptyOutDir: true,
    target: 'es2022',
    // The page is served under `default-src 'self'`, which takes no data: addresses and no inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
})
