"""How lines that are no article text begin, in the languages of the pages we know.

All patterns are matched against lower-case text from its first letter or digit on; each row of a
pattern is one language or one kind of phrase. Only bounded repeats stand in them, so that no line
takes more than linear time.
"""

import re
from collections.abc import Mapping

from ingest.articles.words import word_set


def _p(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


CREDIT = _p(
    r"(?:(?:\w+ )?(?:images?|photos?|pictures?|fotos?|photographs?|bild(?:er)?|illustration|graphic|grafik|image source|video)"
    r"(?: ?credits?| courtesy(?: of)?| by|graf(?:in)?|graph(?:ie)?|quelle|source)?\s*[:/|©]|credits?\s*:|cr[ée]dits?\s*(?:photo)?\s*:|"
    r"\(?(?:ap|reuters|afp|epa|dpa) (?:photo|foto)|"
    r"(?:file|stock|handout) (?:photo|image|picture))"
)
CREDIT_BY = _p(
    r"(?:(?:photo|foto|image|picture|photograph|illustration)s? (?:by|via|from|courtesy)|immagin[ei] di|foto (?:di|von)|imagen de archivo)\b"
)
AGENCY_END = _p(
    r"(?:getty images(?:/\w+)?|shutterstock(?:\.com)?|istock\w*|alamy(?: stock photo)?|/\s?(?:ap|afp|reuters|epa|dpa|efe|ansa)|\((?:ap|afp|reuters) photo.*\)|"
    r"imago(?:[ /]\w+)*|getty images for .{2,40}|picture alliance(?: ?/ ?\w+)*|via (?:ap|getty|reuters|afp|getty images|ap images))\W*$"
)
MORE = _p(
    r"(?:read(?:ing)? (?:more|next|also|the full|on|full)\b|see also|see more|also (?:read|see)\b|also (?:on|in)\b(?=.{0,60}$)|must[- ]read|more (?:on|from|about|stories|news|in)\b(?=.{0,60}$)|"
    r"(?:related|recommended)(?: (?:articles?|stor(?:y|ies)|content|reading|coverage|topics?|news|links?|posts?|videos?|for you|by our editors))?\s*:?$|(?:related|recommended|read)(?: (?:articles?|stor(?:y|ies)|reading|posts?))?\s*[:|]|"
    r"(?:other (?:news|stories)|recent (?:posts|stories)|top stories|latest news|noticias? relacionadas?)\s*:?$|"
    r"(?:watch(?: this)?|listen|more|see|video|don['’]t miss|opinion|analysis|explained|photos|gallery|in pictures|explainer|live|next|previous|up next|don['’]t miss|trending|here['’]s more)\s*(?:now|next|more|below|also|here)?\s*[:|»→]|"
    r"don['’]t miss\W*$|editor[’']?s['’]? picks?|what to read next|you (?:may|might) (?:also|be interested)|(?:most|trending) (?:read|popular|viewed|now)|popular (?:now|on|stories|reads)|continue reading|keep reading|click here|tap here|learn more|find out more|view (?:this|more|all|gallery|profile)|"
    r"lesen sie|lies auch|lesen (?:sie )?auch|mehr (?:zum thema|dazu|lesen|aus|zu|von)|auch (?:interessant|spannend|lesen)|das könnte (?:sie|dich)|zum thema(?=\W*$|\s*:)|weiterlesen|passend dazu|siehe auch|hier (?:lesen|geht)|meistgelesen|empfohlene[rs]? |"
    r"(?:à )?lire (?:aussi|également|la suite|plus)|(?:a|à) voir|sur le même sujet|voir aussi|en savoir plus|à découvrir|"
    r"leer? (?:también|más)|lea (?:también|además|más)|le puede interesar|te puede interesar|más información|ver más|vea también|también te puede|"
    r"leggi (?:anche|di più|altro|tutto)|potrebbe interessarti|guarda anche|ti potrebbe|"
    r"leia (?:também|mais)|veja (?:também|mais)|saiba mais|"
    r"lees (?:ook|meer|verder)|les også|les mer|læs (?:også|mere)|läs (?:också|mer|även)|lue myös|"
    r"czytaj (?:też|także|więcej|dalej)|zobacz (?:też|także|więcej)|"
    r"читайте (?:також|также|еще|ще)|читать (?:также|далее)|смотрите также|ayrıca (?:oku|bak)|(?:i̇|i)lgili haber|"
    r"こちらも|関連(?:記事|リンク|ニュース)|あわせて読みたい|相关(?:阅读|新闻|文章)|延伸閱讀|阅读更多|更多(?:新闻|阅读)|続きを読む|추천|관련\s?(?:기사|뉴스)|더 ?보기|"
    r"اقرأ أيضا|مواضيع ذات صلة|بیشتر بخوانید|اخبار مرتبط|यह भी पढ़ें|और पढ़ें|קראו? (?:עוד|גם)|διαβάστε (?:επίσης|ακόμα|περισσότερα)|อ่าน(?:เพิ่มเติม|ต่อ)|"
    r"xem thêm|đọc thêm|čtěte (?:také|více)|přečtěte si|olvassa el|citi(?:ți|ţi|te[șş]te) (?:și|şi|mai)|pročitajte (?:i|još)|прочетете (?:още|и))"
)
NEWSLETTER = _p(
    r"(?:sign[- ]up\b|subscribe\b|join (?:our|the|us)\b(?=.*(?:newsletter|whatsapp|telegram|channel|conversation|discord|mailing|community))|get (?:the|our|more|all|your|breaking|daily|weekly)?.{0,60}(?:newsletter|inbox|in your email|updates|notifications|alerts?)\b|"
    r"(?:our|the) (?:free )?.{0,40}newsletter|newsletter|download (?:our|the) .{0,40}app|follow (?:us|our|@?\w+ (?:\w+ )?on)\b|like us on|find us on|stay (?:up to date|informed|connected|tuned)|never miss|"
    r"enter your email|your email(?: address)?\W*$|by (?:signing up|subscribing|clicking|(?:submitting|providing|entering) (?:your|this|my|an? e?mail))|thank(?:s| you) for (?:signing|subscribing|reading|your)|you (?:can )?unsubscribe|want more|support (?:our (?:work|journalis|mission|site|report|newsroom)|us(?: (?:by|on|today|with|at|now|here)\b|\W*$)|independent (?:journalism|media|news))|become a (?:member|subscriber)|already a (?:member|subscriber)|"
    r"(?:jetzt )?(?:abonnieren|newsletter|kostenlos anmelden)|melden sie sich|(?:folgen|folge) sie uns|folge uns|"
    r"abonnez|inscrivez|recevez|suivez[- ]|s[’']abonner|suscr[ií]b|síguenos|sigue(?:nos| a)|regístrate|recibe|iscriviti|abbonati|seguici|assine|inscreva|siga|receba|schrijf je in|volg ons|prenumerera|följ oss|følg oss|meld deg på|zapisz się|підпис|подпис|подписывайтесь|подпишитесь|підписуйтесь|abone ol|bizi takip|"
    r"有料会員|会員限定|(?:無料|今すぐ)登録|フォローする|[关關]注我[们們]|扫码|구독(?:하기| 신청)|اشترك(?:وا)? (?:في (?:النشرة|قنات|خدمة)|الآن)|تابعونا|εγγραφείτε|đăng ký nhận|ติดตามเรา)"
)
AD = _p(
    r"(?:advertis(?:e)?ments?|advert|ads?|ad feedback|sponsored(?: content| links?)?|promoted(?: content)?|anzeige|werbung|publicit[ée]|publicidad|pubblicità|publicidade|annonse?|annons|annonce|reklam[ae]?|advertentie|реклама|広告|广告|廣告|광고|story continues(?: below)?(?: (?:this )?ad(?:vertisement)?)?|article continues (?:below|after).*|scroll to continue.*|(?:this )?advertisement.{0,60})[\W_]*$"
)
_MONTH = r"(?:jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|okt|oct|nov|de[cz]|ene|abr|ago|dic|janv|févr|avr|juin|juil|août|janeiro|fev|out|gen|mag|giu|lug|set|ott)[a-zäéûç]*\.?"
DATE = _p(
    r"(?:(?:first |last )?(?:published|updated|posted|modified|erstellt|aktualisiert|veröffentlicht|stand|publié|mis à jour|actualizado|publicado|pubblicato|aggiornato|oppdatert|publisert|uppdaterad|publicerad|opdateret|güncelleme|опубликовано|обновлено|опубліковано|оновлено|תאריך|פורסם|עודכן|تاریخ انتشار|کد خبر|تاريخ النشر|آخر تحديث|प्रकाशित|更新|公開|発行|입력|수정|등록|last edited|date|datum)\b(?=\W*$|\s*:| (?:by|von) |.{0,60}\d).{0,90}|"
    rf"(?:(?:mon|tue|wed|thu|fri|sat|sun|mo|di|mi|do|fr|sa|so|lun|mar|mer|jeu|ven|sam|dim)[a-zé]*[.,]? )?(?:\d{{1,2}}(?:st|nd|rd|th|\.)?\s+(?:de |of )?{_MONTH}|{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?),?\s+(?:de )?(?:20|19)\d\d(?:.{{0,50}}|.{{0,30}}(?:utc|gmt|updated).{{0,50}})|"
    r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}(?!\d|\.\d).{0,40}|20\d\d年\s?\d{1,2}月\s?\d{1,2}日[^。、，]{0,20}|\d{1,2}:\d\d\s?(?:am|pm|uhr|et|gmt|utc)?.{0,20}|"
    r"\d+\s*(?:min(?:ute)?s?|sec(?:ond)?s?|hours?|days?|weeks?|months?|years?|std|h|m)\.?\s*(?:read|ago|lesezeit|de lecture|de lectura|di lettura|leestid|lesetid)?|(?:reading time|lesezeit|temps de lecture|tiempo de lectura|tempo di lettura|est(?:imated)? read|read time)\b.{0,30}|vor \d+ \w+)[\W_]*$"
)
SHARE = _p(
    r"(?:share(?:\W*$|\W+(?:this|on|via|article|story|the|it|with|by|to|now|your?)\b.{0,40})|(?:facebook|twitter|x|whatsapp|linkedin|e-?mail|telegram|reddit|pinterest|copy link|link copied|flipboard|print|drucken|teilen|partager|compartir|condividi|compartilhar|delen|dela|del|jaa|udostępnij|поделиться|поділитися|paylaş|pocket|messenger|instagram|youtube|threads|bluesky|tiktok|sms|save|gift|bookmark|comments?|kommentare?|commentaires?|comentarios|like|tweet|merken|artikel (?:teilen|merken|drucken))(?:[\s,/|·•]+|$)){1,9}[\W_\d]*$"
)
TAGS = _p(
    r"(?:tags?|topics?|filed under|keywords?|categor(?:y|ies)|in this (?:story|article)|posted in|schlagw(?:ö|o)rt(?:er|e)?|schlagworte|themen|mots[- ]cl[ée]s|etiquetas|temas|argomenti|ämnen|emner|mentions|теги|more topics)\s*(?::|$)"
)
LEGAL = _p(
    r"(?:©|\(c\)|copyright(?=\W*(?:$|[©ⓒ]|\(c\)|(?:19|20)\d\d|by\b))|all rights reserved|alle rechte vorbehalten|tous droits|todos los derechos|this (?:article|post|story|page) (?:may )?contains? (?:affiliate|references)|(?:we|\w+) may (?:earn|receive) (?:a |an )?(?:commission|affiliate)|if you purchase|this document is subject to|reviews have been|(?:all )?(?:the )?products (?:discussed|featured|on)|disclaimer\s*:|when you (?:buy|purchase).{0,60}(?:commission|links)|if you (?:buy|click|purchase).{0,80}commission|products featured|"
    r"this copy is for your personal|disclosure\s*:.{0,200}(?:commission|affiliate)|this material may not be|reprints?(?: &| and) |"
    r"無断転載|禁無断|版[权權]所有|未[经經](?:授[权權]|[许許]可)|무단\s?전재|جميع الحقوق محفوظة|(?:کلیه|تمامی) حقوق|(?:все|всі) права (?:защищены|захищені)|wszelkie prawa|všechna práva|toate drepturile|tüm hakları)"
)
COMMENT = _p(
    r"(?:(?:leave|post|add|write|share|view|show|join|see|read|hide|load)(?: a| your| the| all| \d+)? (?:comments?|reply|conversation|discussion|thoughts)|comments?(?: \(?\d+\)?)?$|\d+ comments?|what do you think|let us know|have your say|do you have (?:a|any) (?:\w+ ){0,2}(?:stor(?:y|ies)|tips?|news|information|questions?|comments?|feedback)\b|got a (?:tip|story)|have (?:a|you) (?:tip|got|story)|contact (?:us|the author|me)|email (?:us|the author)|send (?:us|tips|a tip)|(?:kommentare|comentarios|commentaires)\b(?!.{60})|diskutieren sie|report (?:a|an) (?:typo|error|correction)|feedback\W*$)"
)
ROLE = _p(
    r"\b(?:is|are|was|covers|writes|reports|joined|has (?:been|written|covered|worked)|works|leads|ist|schreibt|arbeitet|est|es|è|é|contributed|can be (?:reached|followed|found)|worked)\b"
)
JOB = _p(
    r"\b(?:(?:senior|staff|freelance|contributing|former|national|political|chief|deputy|associate|managing|executive|assistant|news|sports|features?|culture|tech\w*|business|science|health|security|foreign|investigative|award-winning|breaking)?\s?(?:reporter|writer|editor|journalist|correspondent|columnist|contributor|author|blogger|producer|critic|editor-in-chief|redakteur(?:in)?|journaliste?|journalistin|korrespondent(?:in)?|autor(?:in)?|redactora?|periodista|giornalista|fellow|professor|intern|covering|covers|writes|reporting))\b"
)
BYLINE = _p(
    r"(?:(?:written|reported|posted|published|words|story|text|article|edited|reviewed|fact[- ]checked|photographs?|updated|medically reviewed) by\b.{0,80}|by:? [\w.'’-]+(?: [\w.'’&,-]+){0,9}|von:? (?:[\w.'’-]+[ ,]*){1,6}|(?:(?:par|por|di|authors?|autor(?:en|in)?|écrit par)\b(?:\s?: ?| )|(?:texte?|reporter)\s?: ?)(?:[\w.'’-]+[ ,]*){1,6})[\W_]*$"
)
EMBED = _p(
    r"(?:powered by\W*$|newswire\W*$|embed(?:ded (?:content|video|post|tweet))?\W*$|(?:button|caption|gallery|video|audio|playlist) [\w-]{1,20}=|recommended reading|read more|iframe\W*$|externer inhalt|ljuduppspelningen|listen to this article|artikel anhören|(?:please )?enable javascript|javascript (?:is (?:disabled|required|not|turned|currently)|must|needs to)|your browser|cookies?\b.{0,60}(?:settings|consent|accept)|(?:accept|manage|akzeptieren).{0,40}cookies?|an dieser stelle (?:finden|findest|befindet)|this content (?:is|could)|content is not available|inhalte? (?:von|anzeigen)|personenbezogene daten)"
)


END = _p(
    r"(?:related|recommended|more (?:from|on|in|stories|news|articles|to read|like this|about)|most (?:read|popular|viewed|shared)|trending|popular|top stories|latest|our latest|"
    r"read (?:more|next|also)|you (?:may|might)|don['’]t miss|up next|what(?:['’]s| to read) next|further reading|editor[’']?s['’]? picks?|comments?|join the (?:conversation|discussion)|leave a|about (?:the )?(?:author|writer|contributor)s?|"
    r"footnotes|references|sources?|notes|share this|follow us|newsletter|sign up|subscribe|best of|other (?:news|stories|articles)|similar|explore more|keep reading|recent(?: posts| stories)?|featured|tags|topics|credits?|photo credits|"
    r"mehr (?:zum|zu|aus|von)|auch interessant|das könnte|lesen sie|weitere|\d+ (?:wochen|monate|tage) (?:kostenlos|gratis)|(?:jetzt|kostenlos|gratis) (?:testen|abonnieren)|passend|ähnliche|meistgelesen|aktuell|kommentare|themen|zur startseite|"
    r"sur le même|à lire|les plus lus|commentaires|plus d|lire aussi|más (?:noticias|leídas|en)|te puede|relacionad|noticias relacionadas|comentarios|leggi anche|articoli correlati|potrebbe|leia (?:também|mais)|relacionadas|lees ook|meer (?:over|van)|les også|läs (?:mer|också)|mest læste|"
    r"berita (?:lainnya|terkait)|baca juga|ilgili|читайте|關連|関連|相关|관련|トップ|ランキング|おすすめ)"
)
END_WHOLE = _p(
    r"(?:about (?:the )?(?:author|writer|contributor)s?|footnotes|references|sources?|notes|tags|topics|photo credits?|newsletters?"
    r"|(?:join the|leave a|sign up|subscribe|follow us|share this|comments?|kommentare?|commentaires?|comentarios)\b.*)\W*$"
)
"""What opens a part below the article whatever stands in it; the others name lists of links."""
CONTROL = _p(
    r"(?:caption|close|menu|search|loading|next|previous|top|back to top|details|contact|play|pause|mute|advertisement|view|show|hide|open|expand|copy|copied|done|ok|cancel|submit|error|end of article|story saved|click to (?:hide|read more).*|scroll (?:down|to).*|skip to.*|image|photo|gallery|video|audio|listen|watch|live|new|updated|exclusive|opinion|analysis|(?:table of )?contents|on this page|inhalt|share|save|d bloggers like this|_+|[\W_]+)\W*$"
)
ADDRESS = re.compile(
    r"(?:https?://\S+|www\.\S+|(?:twitter|facebook|instagram|linkedin|youtube)\.com/\S+|[\w.+-]{1,60}@[\w-]{1,60}(?:\.[\w-]{1,30}){1,4}|@\w{1,30}|#\w{1,60})\W*$"
)
NOTICE_WORDS = (
    "çerez",
    "cookie",
    "refresh",
    "log in",
    "logged in",
    "try again",
    "browser",
    "subscription",
    "blocker",
    "disable your ad",
    "personalized",
    "terms of",
    "privacy",
    "this feature",
    "confirmed",
    "registering",
    "notifications",
)
NOTICE = _p(
    r"çerez|\b(?:(?:uses?|use of|utilisons|verwende[nt]|utilizamos|utilizza) (?:des |le |las )?cookies?|cookie(?:s| policy| settings)|please (?:refresh|log in|try again)|browser (?:preferences|window)|log(?:ged)? in\b|your subscription|ad ?blocker|disable your ad|personalized content|terms of (?:use|service)|privacy policy|this feature is currently|has been confirmed|thank you for registering|notifications can be)"
)
ABOUT_SITE = word_set("""
    site seite sitio browser consent experience policy settings essential nutz dienst zustimm utilis
    akzept
    """)
"""Words of which one stands in a notice on cookies; texts on baking have none."""

APPEAL = _p(
    r"(?:get in touch|(?:got|have) (?:a|any) (?:story|tip|question|news)|do you (?:know|have) (?:more|(?:a|any) (?:stor|tip|info|news))|for (?:more (?:stories|news|information (?:and|on|about|:|visit)|culture)|the latest (?:breaking )?(?:news|on|stories|headlines|updates|from|information|warnings|analysis)|all the latest|breaking news)|all the latest|to (?:learn more|read more|see more|subscribe|contact|comment)|you can (?:find this|email|follow|contact|also check|reach|(?:find|view|see|read|watch) our .{1,60} here\W*$)|"
    r"curious about|wondering about|listen to .{0,60} on|also available on|like this (?:story|article)|this (?:live ?blog|is a breaking|is a developing)|(?:.{0,60} )?can be (?:reached|contacted) (?:at|via|by)|please use \w+ browser|you have full access|exclusive articles|unlimited (?:online )?access|"
    r"if you (?:want to (?:run|read|support) |have (?:a|any) (?:story|tip|question|information|news)|know|(?:enjoyed|liked) (?:this|our|what)|get .{0,30} from (?:instagram|facebook))|with (?:information|files) from|includes information from|email (?:us|him|her|me|the|.{2,60} at \S{1,60}@)|contact (?:\S+ ){0,4}at \S{1,60}@|follow (?:\S+ ){1,3}full coverage|want to block ads|by joining .{2,60} you support|get .{2,60} delivered (?:to|through|straight)|listen to .{2,40} live\b|write to|our only agenda|scroll (?:through|down) .{0,60}(?:gallery|photos)|would you like to|a copy of .{0,60} was (?:independently|provided)|enjoying our|get (?:full|unlimited|instant)|please (?:use|enable|update|subscribe|sign|log)|"
    r"hat ihnen|aktuelle nachrichten|folgst du|jetzt (?:testen|abonnieren)|ihre meinung|haben sie (?:fragen|anregungen|hinweise|einen fehler)|fehler (?:gefunden|entdeckt)|schreiben sie (?:uns|an)|mit (?:informationen|material) (?:der|von)|ihr browser|sie haben kein|über dieses thema berichtet|abgelegt unter|an dieser stelle (?:finden|findest|befindet|steht|haben wir)|externe[nr]? inhalt|ich bin damit einverstanden|link zum|"
    r"article réservé|il vous reste|réservé aux|(?:découvrez|profitez de) nos offres|cet article est|votre navigateur|artículo (?:exclusivo|solo) para|noticia guardada|tu navegador|contenuto riservato|als abonnee|ben je -?\d|cek berita|baca (?:juga|selengkapnya)|ikuti (?:kami|berita)|simak (?:juga|berita))"
)
INSIDE: Mapping[str, tuple[tuple[str, ...], re.Pattern[str]]] = {
    "newsletter": (
        ("newsletter", "inbox", "whatsapp", "wherever you"),
        _p(
            r".{0,90}\bnewsletters?\b[\W]*$|.{0,200}\b(?:in|to) your inbox\W*$"
            r"|.{0,200}\bnewsletter\b.{0,200}\b(?:anmeld|abonn|postfach|hier entlang|inbox|sign up|subscrib|suscr|iscriv)"
            r"|.{0,120}\b(?:join|follow|subscribe|abonn\w+|folg\w+|únete|suivez)\b.{0,30}\bwhatsapp[- ](?:channel|kanal|canal)"
            r"|.{0,200}\bwherever you (?:get|listen to) (?:your )?podcasts"
        ),
    ),
    "legal": (
        ("all rights", "affiliate", "commission"),
        _p(
            r".{0,160}\ball rights reserved\b|.{0,80}affiliate (?:commission|links?)"
            r"|.{0,160}\bwe (?:may|might|can) (?:earn|receive|get) .{0,30}commission"
        ),
    ),
    "origin": (
        ("contributed", "reported from", "produced by"),
        _p(
            r".{0,120}\bcontributed (?:to|reporting)\b|.{0,260}\bcontributed(?: to this (?:report|story|article))?\W*$|.{0,80} reported from .{0,60}\.$"
            r"|.{0,40} episode was produced by"
        ),
    ),
}
"""Phrases that stand within a line, by the rule they belong to; costly, so asked for where a line
has one of the words."""
ORIGIN = _p(
    r"(?:this (?:article|story|post|piece|interview|column|essay|excerpt|report|content|material) (?:was |has been |is |first |originally |also )*(?:appear|publish|edited|adapted|reprint|featured|provided|produced|republished|distributed|reviewed)|the (?:article|story|post|piece|interview|column|essay|excerpt|report) (?:was |has been )?(?:first |originally )(?:appear|publish)|cross-?posted|read the (?:original|full)|(?:first|originally) published (?:in|on|by)|published (?:in|on|by) [^,]{1,60}$|reporting by|editing by|writing by|additional reporting|compiled by|contributing: |mit agenturmaterial|(?:[—–-] ?)?associated press (?:writer|journalist)|our standards|journal information|provided by\b(?!.{60})|more information:|citation:|source: ?\w|quelle:|fuente:|[-–—] ?additional reporting|with (?:files|reporting) from|\(?with inputs? from|key takeaways$|mit dpa$|\w+-redaktion$|interview with .{0,60} produced by|styling:|grooming:|dieser (?:artikel|text|beitrag) (?:wurde|erschien|ist) .{0,40}(?:veröffentlicht|erschienen|übersetzt)|(?:sda|apa|dpa|afp|kna|epd|ots|sid|ansa|efe|ntb|ritzau|anp|belga|lusa|ap|reuters)(?: ?[/,-] ?[\w.]{1,9}){0,3}\W*$)"
)
_NAME = r"(?:[A-ZÀ-ÞŁŚŠČŽ][\w.'’-]{0,30} ){2,4}"
AUTHOR_NOTE = _p(
    rf"{_NAME}(?:covers \S|reports? (?:on|for|from) \S|writes (?:on|about|for|regularly) \S|contributes to \S|schreibt (?:für|über) \S"
    rf"|(?:is|was|ist|est|es|è) (?:an? |the |une? |eine? |la |le |el )?(?:[\w’'&,.-]+ ){{0,6}}(?:reporter|writer|editor|correspondent|columnist|journalist|contributor|fellow|professor|author"
    rf"|redakteur(?:in)?|korrespondent(?:in)?|journaliste|redactora?|periodista|giornalista)s?\b(?=[ ,.]))"
)
"""A note on an author whose name the page gives nowhere else; matched against the text as it is."""
