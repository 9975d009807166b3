//go:build race

package e2e

// underRace is how many times less is asked of a test under the race detector, which slows everything down.
const underRace = 5
