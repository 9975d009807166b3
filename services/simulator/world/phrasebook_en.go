package world

var english = phrasebook{
	lang: "en", share: 0.72,
	animals: [3][]string{
		anything: {"thing", "one", "favourite"},
		cats:     {"cat", "kitten", "kitty", "house cat", "old cat", "rescue cat"},
		dogs:     {"dog", "puppy", "doggo", "pup", "old dog", "rescue dog"},
	},
	acts: [3][]string{
		anything: {"made my day", "is still the best", "never gets old", "surprised everyone", "was worth the wait"},
		cats: {
			"sat in the box instead of the bed", "knocked my cup off the desk", "fell asleep on the keyboard", "is purring like an engine",
			"stared at the wall for an hour", "stole my chair again", "chased a sunbeam", "wants dinner at five in the morning",
			"hid in the laundry", "discovered the printer",
		},
		dogs: {
			"brought me every sock in the house", "found the biggest puddle", "learned to shake hands", "barked at the vacuum cleaner",
			"ran three laps around the sofa", "is waiting at the door", "made friends with the postman", "dug up the flower bed",
			"fetched the wrong ball", "snores louder than the radio",
		},
	},
	moods:  []string{"happy", "sleepy", "grumpy", "proud", "worried", "silly", "calm", "curious", "lazy", "sad", "excited", "brave", "confused", "gentle", "annoyed"},
	places: []string{"in the garden", "on the sofa", "at the vet", "under the table", "by the window", "at the beach", "in the snow", "on the stairs", "at grandma's", "in the kitchen"},
	things: []string{"ball", "blanket", "cardboard box", "carrot", "tennis shoe", "paper bag", "cushion", "feather", "stick", "birthday cake"},
	pets: []string{
		"My {breed} {animal} {act} {emoji}",
		"{name} is so {mood} today {place} {emoji}{emoji}",
		"This {animal} {act} and I can't stop laughing {face}",
		"Meet {name}, the most {mood} {breed} you will see today {emoji}",
		"Nobody told me that a {breed} could be this {mood}!! {face}",
		"{name} and the {thing}: a love story {emoji}",
		"Day {number} with our new {animal}. {name} {act}.",
		"I love this {animal} so much {face} {emoji}",
		"Not a great day. {name} had to stay {place}, feeling {mood} {face}",
		"Is it normal that my {animal} {act}? Asking for a friend",
		"Happy birthday to the best {animal} in the world, {name} {emoji}🎂",
		"{mood} {animal} of the day {emoji} {tag}",
		"Our {breed} was scared {place}, but the {thing} helped {face}",
		"The {animal} is bored. The {thing} is broken. Everything is fine.",
		"\"{name}\" they said, \"will be a calm {animal}\" they said {face}",
	},
	generic: []string{
		"{topic} {place}, {number} out of 10 {emoji}",
		"Today's {topic} {act} {face}",
		"Can't decide which {topic} I like best {emoji}",
		"Terrible weather, wonderful {topic} {face}",
		"Team {tag} all the way {emoji}",
		"My {breed} {topic} and a {thing}: perfect {emoji}",
		"Feeling {mood} without my {topic} {face}",
	},
	both: []string{
		"{topic} and {other} sharing a {thing} {place} {emoji}",
		"Who said that {topic} and {other} don't go together? {face}",
		"{name} is {mood}: first {topic}, now {other} {emoji}",
	},
	neutral: []string{
		"Slow morning {place} {face}",
		"Feeling {mood} today, send {thing} pictures",
		"Lost my {thing} {place} again {face} {tag}",
	},
	promos: []string{
		"SALE! {number}% off every {thing} for your {animal} {emoji} Use code PAWS{number} at checkout, link below",
		"#ad Our new {thing} is here! Use code SIM{number} and get free shipping {emoji}",
		"GIVEAWAY: follow us and tag {number} friends to win a {thing} {emoji} Use code WIN{number}",
	},
	alt: "An invented picture of a pet that looks into the camera",
}
