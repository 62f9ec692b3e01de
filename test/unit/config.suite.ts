import { suite } from '../support/suite.ts'

await suite(import.meta.url)
