//go:build unix

package chaos

import "slices"

// catalogue lists all faults. The order counts for plans.
func catalogue() []kind {
	return slices.Concat(
		crashFaults(), processFaults(), clockFaults(), brokerFaults(), indexFaults(), mappingFaults(), storeFaults(), networkFaults(), positionFaults(), sourceFaults(), inputFaults(),
	)
}
