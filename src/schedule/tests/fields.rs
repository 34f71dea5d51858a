//! What a schedule may say, and the place of what it may not.

use chrono_tz::Tz;

use super::Schedule;

/// What is wrong, the bytes that it is about, and the hint.
fn wrong(text: &str) -> (String, &str, String) {
    let error = Schedule::parse(text, Tz::UTC).expect_err(text);
    let place = text.get(error.span.clone()).unwrap_or_else(|| panic!("{text}: {:?}", error.span));
    (error.message, place, error.hint.unwrap_or_default())
}

#[test]
fn the_error_is_at_the_field() {
    for (text, place, message, hint) in [
        ("60 6 * * *", "60", "the minute can not be `60`: it goes from 0 to 59", "`*/2`"),
        ("0 24 * * *", "24", "the hour can not be `24`", "midnight is `0`"),
        ("0 25 * * *", "25", "the hour can not be `25`: it goes from 0 to 23", "it holds 0 to 23"),
        ("0 6 0 * *", "0", "the day of the month can not be `0`: it goes from 1 to 31", "`L` is the last day"),
        ("0 6 1,15,32 * *", "32", "the day of the month can not be `32`", ""),
        ("0 6 * 13 *", "13", "the month can not be `13`: it goes from 1 to 12", "`JAN` to `DEC`"),
        ("0 6 * JAM *", "JAM", "the month can not be `JAM`", "did you mean `JAN`?"),
        ("0 6 * * MNO", "MNO", "the day of the week can not be `MNO`", "did you mean `MON`?"),
        ("0 6 * * 8", "8", "the day of the week can not be `8`", "7 for Sunday"),
        ("MON 6 * * *", "MON", "the minute can not be `MON`", "it holds 0 to 59"),
        ("0 6 * MON *", "MON", "the month can not be `MON`", ""),
        ("x 6 * * *", "x", "the minute can not be `x`", "one (`5`)"),
        ("-1 6 * * *", "", "the minute has no number here", ""),
        ("+1 6 * * *", "+1", "the minute can not be `+1`", ""),
        ("0 6 * * +1", "+1", "the day of the week can not be `+1`", ""),
        ("0 22-2 * * *", "22-2", "the hour has the range `22-2`, which runs backwards", "write `22-23,0-2`"),
        ("0 6 * * 5-1", "5-1", "which runs backwards", "write `5-6,0-1`"),
        ("5/15 * * * *", "5/15", "the minute steps from `5` to no end", "write `5-59/15`, or `*/15`"),
        ("/15 * * * *", "/15", "the minute steps from `` to no end", "`*/15`"),
        ("*/0 * * * *", "0", "the minute has the step `0`, which is no number from 1 to 59", ""),
        ("*/90 * * * *", "90", "the minute has the step `90`", ""),
        ("* */x * * *", "x", "the hour has the step `x`", ""),
        ("1,,2 * * * *", "", "the minute has nothing between two commas", ""),
        ("1, * * * *", "", "the minute has nothing between two commas", ""),
        ("0 1,* * * *", "*", "the hour has `*` among others", ""),
        ("0 6 ? * *", "?", "the day of the month can not be `?`", "write `*` for any"),
        ("0 6 * * 1#6", "6", "the day of the week has `#6`", ""),
        ("0 6 * * L", "L", "the day of the week can not be `L`", "`5L` is the last Friday"),
        ("0 L * * *", "L", "the hour can not be `L`", ""),
        ("0 6 * 5L *", "5L", "the month can not be `5L`", ""),
        ("0 6 99999999999999999999 * *", "99999999999999999999", "the day of the month can not be `9", ""),
        ("0 6 é * *", "é", "the day of the month can not be `é`", ""),
        ("  0   6  *  *   9 ", "9", "the day of the week can not be `9`", ""),
        ("0 6 * *", "0 6 * *", "a schedule has five fields, this has 4", "`0 6 * * *` is every day at 6"),
        ("0", "0", "a schedule has five fields, this has one", ""),
        ("", "", "a schedule is empty", ""),
        ("  ", "  ", "a schedule is empty", ""),
        ("0 0 6 * * *", "*", "a schedule has five fields, this has 6", "there are no seconds and no years"),
        ("@dayly", "@dayly", "`@dayly` names no schedule", "did you mean `@daily`?"),
        ("@every 5m", "@every", "`@every` names no schedule", "known are `@hourly`"),
        ("@reboot", "@reboot", "`@reboot` is no time", "when it starts"),
        ("@daily 6", "6", "`@daily` is a whole schedule", ""),
        ("0 6 30 2 *", "30 2 *", "the schedule never comes", "`L` is the last day"),
        ("0 6 31 2,4,6,9,11 *", "31 2,4,6,9,11 *", "the schedule never comes", ""),
    ] {
        let (said, at, told) = wrong(text);
        assert!(said.contains(message), "{text}: {said}");
        assert_eq!(at, place, "{text}: {said}");
        assert!(told.contains(hint), "{text}: {told}");
    }
}

#[test]
fn what_cron_reads_is_read() {
    for text in [
        "0 6 * * *",
        "*/5 * * * *",
        "0-59/5 8-18 * * 1-5",
        "0 6 * jan-mar,DEC Mon-fri",
        "0 6 * * 7",
        "0 6 * * 5-7",
        "0 6 * * SAT-SUN",
        "00 06 01 01 *",
        "0 6 31 * *",
        "0 6 29 2 *",
        "0 6 29 2 MON#5",
        "0 6 LW * *",
        "0 6 15w,L * *",
        "0 6 * * friL",
        "1,2,3 4,5 6 7 0",
        "*/10,7 * * * *",
        "@hourly",
        "@Daily",
        "@midnight",
        "@weekly",
        "@monthly",
        "@yearly",
        "@annually",
        " \t0 6 * * * \n",
    ] {
        let schedule = super::schedule(text, Tz::Europe__London);
        assert_eq!((schedule.text(), schedule.zone()), (text.trim(), Tz::Europe__London));
        assert!(schedule.next(super::instant("2026-01-01T00:00:00Z")).is_some(), "{text}");
    }
}

#[test]
fn the_end_of_a_week_is_its_begin() {
    let expected = super::schedule("0 0 * * 6,0", Tz::UTC);
    let mut time = super::instant("2026-01-01T00:00:00Z");
    for text in ["0 0 * * 6-7", "0 0 * * SAT-SUN", "0 0 * * sat,7"] {
        assert_eq!(super::schedule(text, Tz::UTC).next(time), expected.next(time), "{text}");
        time = expected.next(time).unwrap();
    }
}
