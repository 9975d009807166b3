package delivery

import (
	"fmt"
	"strconv"
	"strings"
)

// Place is where a record stands in Kafka. Partition and Offset are at least 0.
type Place struct {
	Topic     string
	Partition int32
	Offset    int64
}

// String returns topic/partition/offset, as it stands in the redrive_of header.
func (p Place) String() string { return fmt.Sprintf("%s/%d/%d", p.Topic, p.Partition, p.Offset) }

// ParsePlace reads what String writes and nothing else: a number with a sign or with zeros in front was written by
// somebody else.
func ParsePlace(text string) (Place, error) {
	parts := strings.Split(text, "/") // no topic has a / in its name
	if len(parts) != 3 || parts[0] == "" {
		return Place{}, fmt.Errorf("%.80q is no topic/partition/offset", text)
	}
	return newPlace(parts[0], parts[1], parts[2])
}

func newPlace(topicName, partition, offset string) (Place, error) {
	p, err := strconv.ParseInt(partition, 10, 32)
	if err != nil || p < 0 || strconv.FormatInt(p, 10) != partition {
		return Place{}, fmt.Errorf("%.40q is no partition", partition)
	}
	o, err := strconv.ParseInt(offset, 10, 64)
	if err != nil || o < 0 || strconv.FormatInt(o, 10) != offset {
		return Place{}, fmt.Errorf("%.40q is no offset", offset)
	}
	return Place{Topic: topicName, Partition: int32(p), Offset: o}, nil
}
