import io.sentry.Breadcrumb;
import io.sentry.Sentry;
import io.sentry.protocol.User;
import java.util.List;

/** Throws, as an application would, and has io.sentry:sentry report it: one error twice, another one in between. */
public class Program {
  static void checkout(int article) {
    throw new IllegalArgumentException("no price for article " + article);
  }

  static void refund() {
    throw new IllegalStateException("refund without an order");
  }

  static void order(int article) {
    if (article == 0) refund();
    checkout(article);
  }

  public static void main(String[] args) {
    Sentry.init(
        options -> {
          options.setDsn(System.getenv("SENTRY_DSN"));
          options.setRelease("shop@1.2.3");
          options.setEnvironment("e2e");
          options.addInAppInclude("Program");
        });
    Sentry.configureScope(
        scope -> {
          User user = new User();
          user.setId("7");
          user.setUsername("ada");
          scope.setUser(user);
          scope.setTag("shop", "berlin");
          scope.setExtra("password", System.getenv("CANARY"));
        });
    Breadcrumb crumb = new Breadcrumb("cart opened");
    crumb.setCategory("cart");
    crumb.setData("articles", 3);
    Sentry.addBreadcrumb(crumb);
    for (int article : List.of(1234, 0, 77)) {
      try {
        order(article);
      } catch (RuntimeException failure) {
        Sentry.captureException(failure);
      }
    }
    Sentry.flush(10_000);
    Sentry.close();
  }
}
