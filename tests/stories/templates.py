"""News written by machines: one template, other facts each time; no two of them tell the same."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

_POOLS = {
    "town": "Alvik Bremora Corda Dunmore Eskilby Farrow Gadim Holtau Imber Jorun Kestle Lundis Morva",
    "name": "Okafor Lindqvist Marchetti Banerjee Novotny Castellan Ferreira Hargrove Ibsen Kowalczyk",
    "first": "Amara Jonas Chiara Devika Pavel Rosa Miguel Tessa Henrik Zofia Karim Leila",
    "firm": "Veltron Ostmark Pelagia Quantis Rhonex Solvay Tarkett Umbrio Vesper Wexford",
    "day": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    "month": "January February March April May June July August September October November",
    "move": "rose fell climbed slipped gained lost jumped dropped",
    "sky": "cloudy sunny windy foggy rainy stormy humid mild",
    "stadt": "Altenau Brakel Cuxhof Dornum Eutingen Fladungen Geesthof Husenau",
    "tag": "Montag Dienstag Mittwoch Donnerstag Freitag Samstag",
    "ville": "Aurillac Bourgival Castelnau Dieppoise Évreux Fougères Gaillac Honfleur",
    "ciudad": "Almería Burgos Cáceres Huesca Jaén Logroño Murcia Orense",
    "город": "Тверь Калуга Рязань Псков Омск Курск Пенза Саратов",
    "день": "понедельник вторник четверг субботу воскресенье",
    "مدينة": "طنجة أسوان صفاقس حلب الموصل عدن وهران بنغازي",
    "शहर": "इंदौर नागपुर कानपुर भोपाल सूरत पटना लखनऊ",
    "市": "青岛 苏州 长沙 南宁 合肥 贵阳 昆明 洛阳",
    "県": "青森 秋田 長野 徳島 宮崎 岡山 福井",
    "시": "부산 대구 광주 울산 수원 청주 전주",
    "thai": "เชียงใหม่ ขอนแก่น ระยอง ภูเก็ต สงขลา ลำปาง",
}

TEMPLATES = {
    "ships": (
        "Ships counted at {town}",
        "In the {n}th report of the harbour board, the town of {town} counted {n2} ships at its quays. "
        "The board has kept the count since the first lighthouse was lit, and it says that the figures "
        "help the pilots to plan their watches. Of the ships that came in, {n3} carried timber and the "
        "others carried grain, salt or nothing at all. The pilots' office was open on every day of the "
        "week, and no ship had to wait for longer than one tide. The next count will be made when the "
        "spring tides are over, and the board will publish it in the same place.",
    ),
    "ships, with names": (
        "Report {n} from {town}",
        "In the {n}th report from the coast, {town} counted {n2} ships and {n3} barges. The harbour "
        "master, {first} {name}, said the quays had been busy through the week. The largest of the "
        "ships came from {town2} with coal for the power station. The town thanked its pilots, who "
        "work day and night in any weather and seldom rest. The report is read aloud in the council "
        "and then kept in the archive, as the old custom demands.",
    ),
    "markets": (
        "{town} shares close the day",
        "Shares in {town} {move} {p} percent on {day}, taking the main index to {m} points. {firm} led "
        "the way after it {move2} {p2} percent, while {firm2} {move3} {p3} percent. Dealers said that "
        "trading was thin ahead of the meeting of the central bank. Turnover came to {n} million "
        "shares. The yield on the ten-year bond stood at {p4} percent and oil at {n2} dollars a barrel.",
    ),
    "weather": (
        "Weather for {town}: {sky}",
        "The weather in {town} will be {sky} on {day}, the forecasters said in their morning bulletin. "
        "The temperature will reach {n} degrees in the afternoon and fall to {n2} degrees at night. The "
        "wind will blow at up to {n3} kilometres an hour. The chance of rain is {n4} percent. Drivers "
        "should take care on exposed roads, and those who go out in small boats should listen to the "
        "warnings on the radio. The next bulletin will be issued at {n5} o'clock.",
    ),
    "football": (
        "{town} {d}-{d2} {town2}: report",
        "{town} beat {town2} {d}-{d2} on {day} in front of a crowd of {m}. {first} {name} put the home "
        "side ahead after {n} minutes with a header from a corner, and {first2} {name2} added another "
        "before the break. The visitors came out strongly in the second half and hit the post twice, "
        "but they could not find a way through. The manager praised the spirit of his players and said "
        "that the table does not lie at this stage of the season.",
    ),
    "filing": (
        "{firm} files quarterly report",
        "{firm} said in a filing on {day} that its revenue for the quarter came to {n} million dollars, "
        "against {n2} million a year before. Net income was {n3} million dollars, or {p} dollars a "
        "share. The company, which employs {m} people, expects revenue of between {n4} and {n5} million "
        "in the current quarter. Its chief executive, {first} {name}, said the results showed the "
        "strength of the business. The shares were little changed after the hours of trading.",
    ),
    "obituary": (
        "{first} {name}, {n}",
        "{first} {name}, who taught at the school of {town} for {n2} years, has died at the age of "
        "{n}. The family said that the end had come peacefully at home. Born in {town2}, the teacher was "
        "known for a love of music and for long walks by the river with every class. A service will be "
        "held in the chapel on {day}, and friends are asked to bring no flowers but to give to the "
        "library. The school will stay closed on the day so that all may come and say farewell.",
    ),
    "earthquake": (
        "Earthquake of magnitude {p} near {town}",
        "An earthquake of magnitude {p} struck {n} kilometres from {town} on {day}, according to the "
        "seismological service. The quake was {n2} kilometres deep and was recorded at {n3} minutes past "
        "the hour. There were no immediate reports of damage or injuries. The service asks people who "
        "felt the quake to fill in the form on its site. Aftershocks are possible in the coming days. "
        "This text was made by a computer from the data of the network.",
    ),
    "lottery": (
        "Winning numbers for {day}",
        "The winning numbers in the draw on {day} were {n}, {n2}, {n3}, {n4} and {n5}, with {d} as the "
        "bonus ball. Nobody knows yet who holds the winning ticket. Players have half a year in which "
        "to claim what they have won at any of the offices of the lottery, and should sign the back of "
        "the ticket at once. A part of the takings goes to sport, the arts and the care of old "
        "buildings. The next draw will be held as usual in the evening and shown on television.",
    ),
    "crime": (
        "Arrest after incident in {town}",
        "A {n}-year-old has been arrested after an incident in {town} on {day}. Officers were called "
        "to a house shortly after {d} o'clock in the evening after neighbours had heard a noise. The "
        "suspect was taken to a police station for questioning and remains in custody there. Anyone "
        "who saw what happened is asked to come forward and to quote the number {m}. Detectives thanked "
        "the public for their patience and said that more patrols would be seen in the area.",
    ),
    "advisory": (
        "Flaw in {firm} could let attackers in",
        "A flaw in the software of {firm} could let an attacker run code of his choosing, the maker "
        "warned on {day}. It is tracked as CVE-2026-{m} and rated {p} out of 10. Versions before "
        "{d}.{d2}.{d3} are affected. There is no workaround, and users are advised to install the update "
        "as soon as they can. The flaw was found by {first} {name} and reported in private. The maker "
        "said that it knew of no attack in which the flaw had been used.",
    ),
    "election": (
        "{name} wins in {town}",
        "{first} {name} has won the vote in {town} with {n} percent, ahead of {first2} {name2} with "
        "{n2} percent. Turnout was {p} percent of those who may vote. The count went on until late in "
        "the night because some ballots had to be looked at twice. The winner thanked the helpers and "
        "promised to work for all the people of the town, whatever they had voted. The new council "
        "will meet for the first time next month and choose its committees then.",
    ),
    "traffic": (
        "Road closed near {town}",
        "The road between {town} and {town2} is closed after an accident at kilometre {n}. The police "
        "ask drivers to take another way and to allow for up to {n2} minutes more. It is not known how "
        "long the work of clearing the road will take. Two lorries and a car were in the accident, and "
        "the fire brigade is on the spot with a crane. Buses in the region run late for as long as the "
        "road is closed. Listen to the radio for news of the roads and of the railway.",
    ),
    "German": (
        "Polizeibericht aus {stadt}",
        "Am {tag} gegen {n} Uhr kam es in {stadt} zu einem Unfall mit {d} Verletzten. Der Schaden wird "
        "auf {m} Euro geschätzt. Nach den ersten Ermittlungen der Polizei hatte ein Fahrer beim Abbiegen "
        "die Vorfahrt nicht beachtet. Die Straße musste für {n2} Minuten gesperrt werden, der Verkehr "
        "wurde örtlich umgeleitet. Zeugen, die Angaben zum Hergang machen können, werden gebeten, sich "
        "bei der nächsten Dienststelle zu melden. Die Feuerwehr war mit {n3} Kräften vor Ort.",
    ),
    "French": (
        "Météo à {ville}",
        "Le temps sera variable à {ville} ce {day}, avec une température maximale de {n} degrés et des "
        "rafales jusqu'à {n2} kilomètres à l'heure. Les prévisionnistes appellent les automobilistes à "
        "la prudence sur les routes exposées. La probabilité de pluie est de {n3} pour cent. Le niveau "
        "de la rivière était ce matin de {p} mètres, sans danger pour les riverains. Le prochain "
        "bulletin sera publié à {n4} heures sur le site du service.",
    ),
    "Spanish": (
        "Precio de la luz en {ciudad}",
        "El precio de la luz en {ciudad} será de {n},{n2} euros por megavatio hora, un {p} por ciento más "
        "que la semana pasada. Las horas más baratas serán entre las {d} y las {d2} de la madrugada, y "
        "las más caras al caer la tarde. Los expertos recomiendan poner la lavadora de noche y apagar "
        "los aparatos que no se usan. El dato se publica cada día a la misma hora y sirve de referencia "
        "para los contratos de los hogares y de las pequeñas empresas de la provincia.",
    ),
    "Russian": (
        "Погода: {город}",
        "В {день} в городе {город} ожидается переменная облачность, сообщили синоптики. Температура "
        "воздуха днём составит {n} градусов, ночью опустится до {n2} градусов. Скорость ветра достигнет "
        "{n3} метров в секунду. Вероятность осадков оценивается в {n4} процентов. Водителей просят "
        "соблюдать осторожность на дорогах и не превышать скорость. Следующий прогноз будет опубликован "
        "в обычное время на сайте службы. Жителей просят сообщать о поваленных деревьях и не подходить "
        "к оборванным проводам, пока не приедет дежурная бригада.",
    ),
    "Arabic": (
        "حالة الطقس في {مدينة}",
        "تتوقع مصلحة الأرصاد أن تبلغ درجة الحرارة في {مدينة} نحو {n} درجة نهارا وأن تنخفض إلى {n2} درجة "
        "ليلا. وتصل سرعة الرياح إلى {n3} كيلومترا في الساعة على الساحل. وتقدر فرصة هطول الأمطار بنحو {n4} "
        "في المئة. ودعت المصلحة السائقين إلى توخي الحذر على الطرق المكشوفة. ومن المقرر أن تصدر النشرة "
        "التالية في الموعد المعتاد من مساء اليوم على موقع المصلحة.",
    ),
    "Hindi": (
        "{शहर} का मौसम",
        "मौसम विभाग के अनुसार {शहर} में आज अधिकतम तापमान {n} डिग्री और न्यूनतम तापमान {n2} डिग्री रहेगा। हवा की गति "
        "{n3} किलोमीटर प्रति घंटा तक पहुँच सकती है। बारिश की संभावना {n4} प्रतिशत बताई गई है। विभाग ने लोगों से कहा है कि वे "
        "धूप में निकलते समय पानी साथ रखें और बच्चों का ध्यान रखें। अगला पूर्वानुमान शाम को इसी समय जारी किया जाएगा।",
    ),
    "Chinese": (
        "{市}今日天气",
        "据{市}气象台消息，预计今天白天最高气温{n}摄氏度，夜间最低气温{n2}摄氏度，风力最大可达每小时{n3}公里。降水概率为百分之{n4}。"
        "气象部门提醒市民注意出行安全，驾驶车辆时减速慢行，沿海船只应当留意最新预警信息。有关部门将密切关注天气变化，"
        "并通过官方网站及时发布后续消息。下一次天气预报将于今晚{d}时发布，请广大市民留意收听。",
    ),
    "Chinese, markets": (
        "{市}股市收盘",
        "{市}股市今天收盘时主要指数报{m}点，涨幅为百分之{p}。成交额达到{n}亿元，比前一个交易日增加{n2}亿元。"
        "分析人士表示，投资者正在等待中央银行公布利率决定，市场观望情绪较为浓厚。银行板块和能源板块表现较好，"
        "科技板块有所回落。人民币对美元汇率中间价报{p2}元。专家建议投资者理性看待短期波动，注意防范风险。",
    ),
    "Japanese": (
        "{県}で地震",
        "きょう午前{d}時{n}分ごろ、{県}で地震がありました。気象庁によりますと、震源の深さは{n2}キロ、地震の規模を示す"
        "マグニチュードは{p}と推定されています。この地震による津波の心配はありません。今のところ、けが人や建物の被害の"
        "情報は入っていません。気象庁は今後の地震活動に注意するよう呼びかけています。鉄道は安全の確認のため一時運転を見合わせました。",
    ),
    "Korean": (
        "{시} 날씨",
        "기상청에 따르면 오늘 {시}의 낮 최고 기온은 {n}도, 밤 최저 기온은 {n2}도로 예상된다. 바람은 시속 {n3}킬로미터까지 불겠고 "
        "비가 올 확률은 {n4}퍼센트이다. 기상청은 운전자들에게 안개가 낀 도로에서 속도를 줄이고 앞차와의 거리를 충분히 두라고 "
        "당부했다. 바다의 물결은 먼바다에서 높게 일겠다. 다음 예보는 오늘 저녁에 누리집을 통해 발표될 예정이다. "
        "농가에서는 갑작스러운 추위로 작물이 얼지 않도록 미리 살펴 달라고 농업 기술원이 함께 부탁했다.",
    ),
    "Thai": (
        "อากาศ{thai}",
        "กรมอุตุนิยมวิทยาคาดว่าวันนี้ที่จังหวัด{thai}จะมีอุณหภูมิสูงสุด {n} องศา และต่ำสุด {n2} องศา ลมแรงถึง {n3} กิโลเมตรต่อชั่วโมง "
        "โอกาสที่จะมีฝนตกร้อยละ {n4} ของพื้นที่ ขอให้ประชาชนระมัดระวังในการเดินทางและติดตามข่าวจากทางราชการอย่างใกล้ชิด "
        "ชาวเรือควรเดินเรือด้วยความระมัดระวัง พยากรณ์อากาศครั้งต่อไปจะออกในเวลาเดิมของวันพรุ่งนี้",
    ),
}
"""Name to headline and text; what stands in braces is drawn anew for each, the same name the same."""

_NUMBERS: dict[str, Callable[[Random], str]] = {
    "d": lambda random: str(random.randint(0, 9)),
    "n": lambda random: str(random.randint(11, 99)),
    "p": lambda random: f"{random.uniform(1, 9.9):.1f}",
    "m": lambda random: str(random.randint(1_000, 60_000)),
}
_SLOT = re.compile(r"\{((\w+?)\d*)\}")


@dataclass(frozen=True)
class Piece:
    """A text from a template."""

    title: str
    body: str
    facts: dict[str, str]
    """What was drawn for each pair of braces."""

    def differs_from(self, other: "Piece") -> float:
        """The share of the facts that are others."""
        return sum(other.facts[key] != fact for key, fact in self.facts.items()) / len(self.facts)


def pieces(name: str, count: int) -> list[Piece]:
    """So many pieces from one template, the same each time."""
    random = Random(name)
    return [_written(name, random) for _ in range(count)]


def _written(name: str, random: Random) -> Piece:
    drawn: dict[str, str] = {}

    def fill(slot: re.Match[str]) -> str:
        key, kind = slot.groups()
        if key not in drawn:
            number = _NUMBERS.get(kind)
            drawn[key] = number(random) if number else random.choice(_POOLS[kind].split())
        return drawn[key]

    title, body = TEMPLATES[name]
    return Piece(_SLOT.sub(fill, title), _SLOT.sub(fill, body), drawn)
