import { z } from 'zod'

/** Where something is: a name or an address, without a port. */
export const host = z.string().regex(/^[^\s/@]{1,255}$/, 'must be a host name or an IP address')
