package simulator

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"catsvdogs/services/simulator/wire"
)

const (
	defaultUsageDays = 7
	maxUsageDays     = 90
	// projectCap is how many posts a month the pay-per-use plan may read.
	projectCap = 3_000_000
	// capResetDay is the day of the month on which it begins anew: any would do.
	capResetDay = 1
)

var usageFields = []string{"cap_reset_day", "daily_client_app_usage", "daily_project_usage", "project_cap", "project_id", "project_usage"}

// dailyUsage is a day; all large numbers are strings, as X writes them here.
type dailyUsage struct {
	Date  string `json:"date"`
	Usage string `json:"usage"`
}

type projectUsage struct {
	ProjectID string       `json:"project_id"`
	Usage     []dailyUsage `json:"usage"`
}

type appUsage struct {
	AppID string       `json:"client_app_id"`
	Count int          `json:"usage_result_count"`
	Usage []dailyUsage `json:"usage"`
}

// usage is GET /2/usage/tweets: the posts read since the day on which the cap
// began anew, and by day. A post counts once in a UTC day, whichever endpoint
// gave it out and however often. Fields that are there by default are always
// given; the daily ones are when they are asked for, as on X.
// https://docs.x.com/x-api/usage/introduction
func (s *server) usage(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	mistakes := checkQuery(query, map[string]func(string) []wire.Mistake{
		"days":         func(name string) []wire.Mistake { return wire.Whole(query, name, 1, maxUsageDays) },
		"usage.fields": oneOf(query, usageFields),
	})
	if len(mistakes) > 0 {
		writeProblem(w, fromMistakes(mistakes))
		return
	}
	days := defaultUsageDays
	if query.Has("days") {
		days, _ = strconv.Atoi(query.Get("days")) // checked
	}
	now := s.now().UTC()
	var daily []dailyUsage
	for back := range days {
		on := now.Truncate(24*time.Hour).AddDate(0, 0, back+1-days)
		if n := s.chronicle.Billed(on); n > 0 || on.Equal(now.Truncate(24*time.Hour)) {
			daily = append(daily, dailyUsage{on.Format(wire.TimeFormat), strconv.FormatInt(n, 10)})
		}
	}
	type usage struct {
		ResetDay int           `json:"cap_reset_day"`
		Cap      string        `json:"project_cap"`
		ID       string        `json:"project_id"`
		Usage    string        `json:"project_usage"`
		Project  *projectUsage `json:"daily_project_usage,omitempty"`
		Apps     []appUsage    `json:"daily_client_app_usage,omitempty"`
	}
	asked := strings.Split(query.Get("usage.fields"), ",")
	data := usage{ResetDay: capResetDay, Cap: strconv.Itoa(projectCap), ID: appID, Usage: strconv.FormatInt(s.billedThisMonth(now), 10)}
	if slices.Contains(asked, "daily_project_usage") {
		data.Project = &projectUsage{appID, daily}
	}
	if slices.Contains(asked, "daily_client_app_usage") {
		data.Apps = []appUsage{{appID, len(daily), daily}}
	}
	writeJSON(w, http.StatusOK, struct {
		Data usage `json:"data"`
	}{data})
}

func (s *server) billedThisMonth(now time.Time) (sum int64) {
	for on := time.Date(now.Year(), now.Month(), capResetDay, 0, 0, 0, 0, time.UTC); !on.After(now); on = on.AddDate(0, 0, 1) {
		sum += s.chronicle.Billed(on)
	}
	return sum
}
