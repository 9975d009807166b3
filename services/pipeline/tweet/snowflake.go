package tweet

import (
	"strconv"
	"time"
)

// snowflakeEpoch is Twitter's epoch in Unix milliseconds (2010-11-04T01:42:54.657Z).
// Source: github.com/twitter-archive/snowflake, IdWorker.scala, twepoch.
const snowflakeEpoch = 1288834974657

// firstSnowflake is the first id that the snowflake service gave out; ids before it were counted up and tell no time.
const firstSnowflake = 29700859247

// SnowflakeTime returns when the post with this X id was created, in milliseconds precision and UTC. It says false for
// an id that is no snowflake: no number of 64 bits, or one from before snowflakes were introduced.
func SnowflakeTime(id string) (time.Time, bool) {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || n < firstSnowflake {
		return time.Time{}, false
	}
	return time.UnixMilli(n>>22 + snowflakeEpoch).UTC(), true
}

// ValidXID says whether id can be the id of a post on X: 1 to 19 digits (OpenAPI description of the X API v2, TweetId).
func ValidXID(id string) bool {
	if len(id) < 1 || len(id) > 19 {
		return false
	}
	for i := range len(id) {
		if id[i] < '0' || id[i] > '9' {
			return false
		}
	}
	return true
}
