package spend

import (
	"errors"
	"fmt"
	"math"
)

// Config is what posts cost and what may be spent on them. Processes that share an account are given the same.
type Config struct {
	XPostPrice     float64 `name:"x-post-price" help:"Price of a post that is read, in US dollars. Posts that come inside others (quoted, replied to) are not counted: X does not say whether it bills for them. Where it does, --x-daily-budget and --x-monthly-budget have to leave room." default:"0.005" placeholder:"USD"`
	XDailyBudget   float64 `name:"x-daily-budget" help:"What may be spent on posts in a UTC day, in US dollars. 0 for no limit." default:"0" placeholder:"USD"`
	XMonthlyBudget float64 `name:"x-monthly-budget" help:"What may be spent on posts in a UTC month, in US dollars. 0 for no limit." default:"0" placeholder:"USD"`
}

// Limited says whether there is a budget.
func (c Config) Limited() bool { return c.XDailyBudget > 0 || c.XMonthlyBudget > 0 }

// Check returns every mistake, each with the flag and what to do.
func (c Config) Check() error {
	var errs []error
	dollars := func(flag string, d float64) {
		// Asked for what is right, so that NaN fails too.
		if ok := d >= 0 && !math.IsInf(d, 1); !ok {
			errs = append(errs, fmt.Errorf("%s: %v is no sum of money; give US dollars, 0 or more", flag, d))
		}
	}
	dollars("--x-post-price", c.XPostPrice)
	dollars("--x-daily-budget", c.XDailyBudget)
	dollars("--x-monthly-budget", c.XMonthlyBudget)
	if c.XPostPrice == 0 && c.Limited() {
		errs = append(errs, errors.New("--x-post-price: is 0, so no budget would ever be used up; give the price of a post"))
	}
	return errors.Join(errs...)
}
