package faulthour

import (
	"os"
	"runtime/debug"
	"testing"
)

// TestMain switches the garbage collector off: the Kafka client leaves its decompressors to finalizers, which may not touch
// what belongs to a synctest bubble.
func TestMain(m *testing.M) {
	debug.SetGCPercent(-1)
	os.Exit(m.Run())
}
