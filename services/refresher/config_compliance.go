package refresher

import (
	"errors"
	"fmt"
	"time"

	"catsvdogs/services/pipeline/objectstore"
)

// Bounds on how often a compliance job is run. X wants posts that are gone to be gone here within a day.
const (
	minComplianceEvery = time.Second
	maxComplianceEvery = 30 * 24 * time.Hour
)

const maxComplianceMemory = 1 << 31

// ComplianceConfig is what can be told about the batch compliance jobs.
type ComplianceConfig struct {
	ComplianceEvery time.Duration `help:"How often X is asked which posts of the archive are gone (a batch compliance job). 0 for never." default:"24h" placeholder:"DURATION"`
	ComplianceIDs   int           `name:"compliance-ids" help:"Posts that one job asks about; an archive with more takes several." default:"500000" placeholder:"N"`

	ComplianceMemory int `help:"Bytes that are kept of which posts the archive holds, some five a post. What does not fit is read from the archive again each time." default:"16777216" placeholder:"N"`

	S3 objectstore.Config `embed:""`

	// MinAge is how old posts are at least that are asked about; 0 for a day. Younger ones are looked at anyway.
	MinAge time.Duration `kong:"-"`
}

func (c ComplianceConfig) check() error {
	if c.ComplianceEvery == 0 {
		return nil
	}
	var errs []error
	if c.ComplianceEvery < minComplianceEvery || c.ComplianceEvery > maxComplianceEvery {
		errs = append(errs, fmt.Errorf("--compliance-every: %s is out of range; give %s to %s, or 0 for never", c.ComplianceEvery, minComplianceEvery, maxComplianceEvery))
	}
	if c.ComplianceIDs < 1 || c.ComplianceIDs > 5_000_000 {
		errs = append(errs, fmt.Errorf("--compliance-ids: %d is out of range; give 1 to 5000000", c.ComplianceIDs))
	}
	if c.ComplianceMemory < 0 || c.ComplianceMemory > maxComplianceMemory {
		errs = append(errs, fmt.Errorf("--compliance-memory: %d is out of range; give 0 to %d bytes", c.ComplianceMemory, maxComplianceMemory))
	}
	return errors.Join(append(errs, c.S3.Check())...)
}
