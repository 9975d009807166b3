package world

var spanish = phrasebook{
	lang: "es", share: 0.09,
	animals: [3][]string{
		anything: {"favorito", "clásico"},
		cats:     {"gato", "gatito", "minino"},
		dogs:     {"perro", "perrito", "cachorro"},
	},
	acts: [3][]string{
		anything: {"me alegró el día", "nunca falla", "sorprendió a todos"},
		cats:     {"duerme sobre el teclado", "tiró mi taza de la mesa", "prefiere la caja", "ronronea como un motor"},
		dogs:     {"trajo todos los calcetines", "encontró el charco más grande", "le ladra a la aspiradora", "espera en la puerta"},
	},
	moods:  []string{"feliz", "dormilón", "gruñón", "orgulloso", "curioso", "triste", "tranquilo", "valiente"},
	places: []string{"en el jardín", "en el sofá", "en la playa", "debajo de la mesa", "junto a la ventana", "en casa de la abuela"},
	things: []string{"pelota", "manta", "caja de cartón", "zanahoria", "zapatilla", "tarta"},
	pets: []string{
		"Mi {animal} {act} {emoji}",
		"{name} está muy {mood} hoy {place} {emoji}",
		"¡Este {animal} {act} y no puedo parar de reír! {face}",
		"¿Es normal que mi {animal} sea tan {mood}? {face}",
		"Cumpleaños de {name}, el mejor {animal} del mundo {emoji}🎂",
	},
	generic: []string{"Hoy {topic} {place} {emoji}", "Mi {topic} {act} {face}", "Equipo {tag} siempre {emoji}"},
	both:    []string{"{topic} y {other} juntos {place} {emoji}", "¿Quién dijo que {topic} y {other} no se llevan bien? {face}"},
	neutral: []string{"Mañana tranquila {place} {face}", "Perdí mi {thing} otra vez {face}"},
	promos:  []string{"¡OFERTA! {number}% de descuento en cada {thing} {emoji} Usa el código PATAS{number}"},
	alt:     "Una imagen inventada de una mascota",
}
