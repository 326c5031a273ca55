/** The address family of an IP address. */

import { type IpAddress, isIpv6 } from '@liquid/types';
import { AF } from '../sock-diag.js';

export const familyOf = (address: IpAddress): number => (isIpv6(address) ? AF.INET6 : AF.INET);
