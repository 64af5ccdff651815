// Throws, as an application would, and has sentry-go report it: one error twice, another one in between.
package main

import (
	"fmt"
	"os"
	"time"

	"github.com/getsentry/sentry-go"
)

type noPrice struct{ article int }

func (e noPrice) Error() string { return fmt.Sprintf("no price for article %d", e.article) }

type noOrder struct{}

func (noOrder) Error() string { return "refund without an order" }

func checkout(article int) { panic(noPrice{article}) }

func refund() { panic(noOrder{}) }

func order(article int) {
	defer sentry.Recover()
	if article == 0 {
		refund()
	}
	checkout(article)
}

func main() {
	err := sentry.Init(sentry.ClientOptions{
		Dsn:              os.Getenv("SENTRY_DSN"),
		Release:          "shop@1.2.3",
		Environment:      "e2e",
		AttachStacktrace: true,
	})
	if err != nil {
		panic(err)
	}
	sentry.ConfigureScope(func(scope *sentry.Scope) {
		scope.SetUser(sentry.User{ID: "7", Username: "ada"})
		scope.SetTag("shop", "berlin")
		scope.SetContext("order", sentry.Context{"password": os.Getenv("CANARY")})
	})
	sentry.AddBreadcrumb(&sentry.Breadcrumb{
		Category: "cart",
		Message:  "cart opened",
		Data:     map[string]interface{}{"articles": 3},
	})
	for _, article := range []int{1234, 0, 77} {
		order(article)
	}
	sentry.Flush(10 * time.Second)
}
