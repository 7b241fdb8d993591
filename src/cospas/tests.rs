//! Published messages, and what becomes of their bits.

use super::*;

fn message(hex: &str) -> Message {
    Message::of(Frame::from_hex(hex).unwrap()).unwrap()
}

/// The message, its identification, country, protocol, whom it names, and its place with the resolution in seconds.
type Row = (&'static str, u64, u16, &'static str, &'static str, Option<(f64, f64, u16)>);

/// Messages of beacons on the air and of tests, as they were published with what other decoders make of them.
#[rustfmt::skip]
const PUBLISHED: &[Row] = &[
    ("FFFED08E3301E240298056CF99F61503780B", 0x1C6603C480FFBFF, 227, "ELT 24-bit address standard location", "aircraft 01E240", Some((41.4122, 2.4422, 4))),
    ("8DB345B146202DDF3C71F59BAB7072", 0x1B668B628CFFBFF, 219, "ELT 24-bit address standard location", "aircraft 45B146", Some((32.1156, -110.9411, 4))),
    ("96E3AAAAAA7FDFF8211F3583E0FAA8", 0x2DC7555554FFBFF, 366, "ELT 24-bit address standard location", "aircraft AAAAAA", None),
    ("A0D205F260850F3DC9E0B70B6E4FD7", 0x41A40BE4C0FFBFF, 525, "EPIRB MMSI standard location", "MMSI ...024358", Some((-4.9522, 121.9878, 4))),
    ("A3E7B10016150D364D8B3689C09437", 0x47CF62002CFFBFF, 574, "PLB serial standard location", "type 708 number 22", Some((21.0411, 105.49, 4))),
    ("A157B081437FDFF8B4833783E0F66C", 0x42AF610286FFBFF, 533, "PLB serial standard location", "type 706 number 323", None),
    ("93C632402032AFEDF569F5FFFFFFFF", 0x278C648040FFBFF, 316, "EPIRB serial standard location", "type 201 number 32", Some((50.5, -127.25, 900))),
    ("AC641A014C7FDFFD1E9D7500000000", 0x58C8340298FFBFF, 710, "ELT serial standard location", "type 104 number 332", None),
    ("ADA5B61C8C7FDFFBE89AF7FFFFFFFF", 0x5B4B6C3918FFBFF, 730, "ELT aircraft operator standard location", "operator FAC 140", None),
    ("A5DC19E1A07FDFFE5C803483E0FCCA", 0x4BB833C340FFBFF, 605, "ship security standard location", "MMSI ...106010", None),
    ("96EE1980EB322EF48A39F700000000", 0x2DDC3301D6FFBFF, 366, "test standard location", "24 bits 1980EB", Some((50.0, -119.5, 900))),
    ("9F7B00F9E8EC737E5312378A1802B0", 0x3EF601F3BF81FE0, 503, "PLB national location", "number 999", Some((-35.7389, 115.4933, 4))),
    ("8E3B15F1DFC0FF07FD1F769F3C0672", 0x1C762BE3BF81FE0, 227, "PLB national location", "number 22471", None),
    ("8F4DCBC01ACD004BB10D4E79C4DD86", 0x1E9B978035BFDFF, 244, "RLS location", "type 188 number 107", Some((52.2156, 4.4189, 4))),
    ("96ED09900149D4D467EE0851A3B2E8", 0x2DDA132002BFDFF, 366, "RLS location", "type 2153 number 5", Some((38.8522, -76.9378, 4))),
    ("3EFBF9B23EBFDFF", 0x3EFBF9B23EBFDFF, 503, "RLS location", "MMSI ...222333", None),
    ("4CB31E0C02A82608F011BE00000000", 0x99663C1805504C1, 203, "ELT aviation user", "aircraft OE-5658", None),
    ("E29325ACB12E938B671E0FE0FF0F61", 0xC5264B59625D271, 553, "ELT aviation user", "aircraft P2-HSM", None),
    ("4D5462AC9A69AE8FB4B423", 0x9AA8C55934D35D1, 213, "EPIRB maritime user", "MMSI ...862000, beacon 1", None),
    ("50F52490DDCC2689B79F4000000000", 0xA1EA4921BB984D1, 271, "EPIRB maritime user", "call sign TCWT", None),
    ("D9D4EB28140AA6893F16A2C67282EC", 0xB3A9D65028154D1, 413, "EPIRB maritime user", "MMSI ...123456", Some((22.2, 114.5333, 240))),
    ("E0DDAE599508268E4C05E054651307", 0xC1BB5CB32A104D1, 525, "EPIRB radio call sign user", "call sign YDB4841", Some((2.6667, 101.0667, 240))),
    ("4E86A265C600146DBC407600000000", 0x9D0D44CB8C0028D, 232, "EPIRB serial user, float free", "type 163 number 78563", None),
    ("BEEE0030C400001", 0xBEEE0030C400001, 503, "EPIRB serial user, not float free", "number 3121", None),
    ("DF76A9A9C800174DE27BE1F0277E45", 0xBEED535390002E9, 503, "EPIRB serial user, float free", "type 186 number 316644", Some((15.5333, 39.4667, 240))),
    ("CE87B1763200184ACC4F20CE030373", 0x9D0F62EC6400309, 232, "PLB serial user", "type 194 number 572185", Some((6.4667, 3.0, 240))),
    ("BEEC0048A800001", 0xBEEC0048A800001, 503, "ELT serial user", "number 4650", None),
    ("56E6F472CAE08D2840C11000000000", 0xADCDE8E595C11A5, 366, "ELT 24-bit address user", "aircraft A39657, beacon 1", None),
    ("EDF67B7182038C2F0E10CFE0FF0F61", 0xDBECF6E30407185, 735, "ELT aircraft operator user", "operator FAE 1031", None),
    ("4DB10C3C5209A820AEE84000000000", 0x9B621878A413504, 219, "orbitography", "46 bits 21878A413504", None),
    ("D6E9C0321FDFE6625D2C7FFFFF5DF2", 0xADD380643FBFCCC, 366, "national user", "46 bits 380643FBFCCC", None),
];

#[test]
fn published_messages_say_what_they_do() {
    for (hex, id, country, protocol, identity, place) in PUBLISHED {
        let message = message(hex);
        assert_eq!(message.id(), *id, "{hex}: {:015X}", message.id());
        assert_eq!((message.country, message.protocol.name()), (*country, *protocol), "{hex}");
        assert_eq!(message.identity.to_string(), *identity, "{hex}");
        let told = message.position.map(|at| (at.lat_deg, at.lon_deg, at.resolution_arcsec));
        let is_same = match (told, place) {
            (Some(told), Some(place)) => {
                (told.0 - place.0).abs() < 1e-4 && (told.1 - place.1).abs() < 1e-4 && told.2 == place.2
            }
            (told, place) => told.is_none() && place.is_none(),
        };
        assert!(is_same, "{hex}: {told:?} {place:?}");
    }
}

#[test]
fn what_else_they_tell() {
    let self_test = message("FFFED08E3301E240298056CF99F61503780B");
    assert_eq!((self_test.is_self_test, self_test.is_test(), self_test.is_long()), (Some(true), true, true));
    let told = "self-test of ELT 1C6603C480FFBFF, France, aircraft 01E240, says 41.4122 2.4422 to 62 m";
    assert_eq!(self_test.to_string(), told);
    let ship = message("A0D205F260850F3DC9E0B70B6E4FD7");
    assert_eq!((ship.identity.mmsi(ship.country), ship.source), (Some(525_024_358), Some(Source::Internal)));
    assert_eq!((ship.homer(), ship.emergency()), (Some(Homer::Vhf), None));
    let sinking = message("4E86A265C600146DBC407600000000");
    assert_eq!(sinking.emergency(), Some((Activation::Automatic, Some(Emergency::Maritime(6)))));
    let fire = message("4CB31E0C02A82608F011BE").emergency().and_then(|(_, emergency)| emergency);
    assert_eq!(fire.map(|fire| fire.to_string()).as_deref(), Some("fire, medical help needed, disabled"));
    assert!(message("4DB10C3C5209A820AEE840").is_test() && !sinking.is_test());
    assert_eq!(message("6597A0009C00184CE7AEC0").beacon(), BeaconKind::Plb);
}

#[test]
fn wrong_bits_are_corrected_and_more_are_refused() {
    let frame = Frame::from_hex("A3E7B10016150D364D8B3689C09437").unwrap();
    let right = Message::of(frame).unwrap();
    let flipped = |numbers: &[u32]| {
        let flip = |bits: Bits, number: &u32| bits.with(*number, *number, u128::from(!bits.is_set(*number)));
        Message::of(Frame { bits: numbers.iter().fold(frame.bits, flip), ..frame })
    };
    for n in 0..80 {
        let one = 26 + n;
        let (two, three) = (26 + (n * 7 + 11) % 80, 26 + (n * 13 + 40) % 80);
        let mut wrong = [one, two, three];
        wrong.sort_unstable();
        let distinct = wrong.windows(2).all(|pair| pair[0] != pair[1]);
        let second = [107 + n % 38, 107 + (n * 5 + 3) % 38];
        let corrected = flipped(&[one]).unwrap();
        assert_eq!((corrected.bits, corrected.first), (right.bits, Check::Right(1)));
        if distinct {
            let corrected = flipped(&wrong).unwrap();
            assert_eq!((corrected.bits, corrected.first), (right.bits, Check::Right(3)), "{wrong:?}");
        }
        if second[0] != second[1] {
            let corrected = flipped(&second).unwrap();
            assert_eq!((corrected.bits, corrected.second), (right.bits, Check::Right(2)), "{second:?}");
        }
    }
    assert_eq!(flipped(&[30, 41, 66, 90]), Err(TooManyErrors));
    // Without its second field the coarse place is left.
    let coarse = flipped(&[110, 120, 140, 141]).unwrap();
    assert_eq!((coarse.second, coarse.id()), (Check::Wrong, right.id()));
    let place = coarse.position.unwrap();
    assert_eq!((place.lat_deg, place.lon_deg, place.resolution_arcsec), (21.0, 105.5, 900));
    assert_eq!(place.radius_m().round(), 13_890.0);
}

#[test]
fn texts_that_are_no_message_are_named() {
    assert_eq!(Frame::from_hex("A3E7B10016150D364D8B3689C0943G"), Err(HexError::Digit('G')));
    assert_eq!(Frame::from_hex("0039823D32618658622811F"), Err(HexError::SecondGeneration(23)));
    assert_eq!(Frame::from_hex(""), Err(HexError::Length(0)));
    assert_eq!(Frame::from_hex(&"A".repeat(300)), Err(HexError::Length(300)));
    assert_eq!(Frame::from_hex("FFFE2EA3E7B10016150D364D8B3689C09437"), Err(HexError::Sync(0xFFFE2E)));
    let spaced = Frame::from_hex(" ffFE2F a3e7 b100-1615 0d364d8b3689c09437 ").unwrap();
    assert_eq!(Message::of(spaced).unwrap().id(), 0x47CF62002CFFBFF);
    // All bits the other way, as a receiver has them that turns the spectrum round.
    let turned: String = "FFFE2FA3E7B10016150D364D8B3689C09437"
        .chars()
        .map(|digit| format!("{:X}", 15 - digit.to_digit(16).unwrap()))
        .collect();
    assert_eq!(Frame::from_hex(&turned), Ok(Frame { is_self_test: Some(false), ..spaced }));
}

#[test]
fn a_frame_is_sealed_as_beacons_do() {
    for (hex, ..) in PUBLISHED.iter().filter(|(hex, ..)| hex.len() == 30) {
        let message = message(hex);
        if message.second == Check::Right(0) || !message.is_long() {
            let sealed = Frame::sealed(message.bits, false);
            assert_eq!(sealed.bits, message.bits, "{hex}");
            let digits = message.bits.hex(message.is_long()).to_string();
            assert!(hex.starts_with(&digits), "{hex} {digits}");
        }
    }
}

#[test]
fn the_likeliest_word_is_the_right_one_where_counting_errors_fails() {
    let word = FIRST.word(0x0123_4567_89AB_CDEF);
    // Eight bits are wrong, and unsure.
    let wrong = [3, 11, 17, 30, 44, 59, 70, 81];
    let soft: Vec<f32> = (0..82)
        .map(|at| {
            let sign = if word >> (81 - at) & 1 == 1 { 1.0 } else { -1.0 };
            if wrong.contains(&at) { -0.4 * sign } else { sign * (3.0 + at as f32 % 5.0) }
        })
        .collect();
    let likely = FIRST.likeliest(&soft);
    assert_eq!((likely.word, likely.corrected), (word, 8));
    assert!(likely.margin > 8.0, "{}", likely.margin);
    let hard = soft.iter().fold(0, |bits, soft| bits << 1 | u128::from(*soft > 0.0));
    assert_ne!(FIRST.correct(hard).map(|(word, _)| word), Some(word));
    // Of bits that say nothing no word is sure.
    let nothing: Vec<f32> = (0..82).map(|at| 0.1 * (at as f32 * 12.9898).sin()).collect();
    assert!(FIRST.likeliest(&nothing).margin < 1.0);
}

#[test]
fn countries_stand_in_order() {
    assert_eq!((country_name(503), country_name(234)), (Some("Australia"), Some("United Kingdom")));
    assert_eq!((country_name(0), country_name(217), country_name(1_000)), (None, None, None));
}
