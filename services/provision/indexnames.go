package provision

import (
	"strings"
	"time"
)

// indexPattern is as narrow as a pattern can be.
func indexPattern(name string) string { return name + "-20*.*" }

// isOurs says whether an index has a name that the sink gives, NAME-2026.11 or NAME-2026.11.23. One of another shape is
// somebody else's, whatever it begins with.
func isOurs(index, name string) bool {
	period, ok := strings.CutPrefix(index, name+"-")
	_, errOfMonth := time.Parse("2006.01", period)
	_, errOfDay := time.Parse("2006.01.02", period)
	return ok && strings.HasPrefix(period, "20") && (errOfMonth == nil || errOfDay == nil)
}
