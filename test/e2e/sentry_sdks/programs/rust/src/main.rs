//! Throws, as an application would, and has the sentry crate report it: one error twice, another one in between.
use std::borrow::Cow;
use std::panic::catch_unwind;

#[inline(never)]
fn checkout(article: u32) {
    panic!("no price for article {article}");
}

#[inline(never)]
fn refund() {
    let orders: Vec<u32> = Vec::new();
    println!("{}", orders[std::hint::black_box(0)]);
}

fn main() {
    let mut options = sentry::ClientOptions::default();
    options.dsn = std::env::var("SENTRY_DSN").unwrap().parse().ok();
    options.release = Some(Cow::Borrowed("shop@1.2.3"));
    options.environment = Some(Cow::Borrowed("e2e"));
    let guard = sentry::init(options);
    sentry::configure_scope(|scope| {
        scope.set_user(Some(sentry::User {
            id: Some("7".into()),
            username: Some("ada".into()),
            ..Default::default()
        }));
        scope.set_tag("shop", "berlin");
        scope.set_extra("password", std::env::var("CANARY").unwrap().into());
    });
    sentry::add_breadcrumb(sentry::Breadcrumb {
        category: Some("cart".into()),
        message: Some("cart opened".into()),
        ..Default::default()
    });
    for article in [1234, 0, 77] {
        let _ = catch_unwind(|| if article == 0 { refund() } else { checkout(article) });
    }
    guard.close(Some(std::time::Duration::from_secs(10)));
}
