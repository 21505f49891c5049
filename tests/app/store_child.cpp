// Writes conversations as fast as the store takes them and says what was acknowledged, until it is
// killed. Started by conversation_store_test.
#include <QCoreApplication>
#include <QTimer>
#include <cstdio>

#include "app/conversation_store.h"

namespace {

class Writer : public QObject {
 public:
  explicit Writer(const QString& path) : store_(path) {
    connect(&store_, &app::ConversationStore::messageSaveStateChanged, this,
            [this](app::MessageId id, app::SaveState state) {
              if (state != app::SaveState::Saved) return;
              const auto size = static_cast<long long>(sizes_.value(id.value));
              std::printf("%lld %lld\n", static_cast<long long>(id.value), size);
              std::fflush(stdout);
            });
    conversation_.id = app::ConversationId{1};
    conversation_.firstUserText = QStringLiteral("killed");
    store_.saveConversation(conversation_);
    connect(&timer_, &QTimer::timeout, this, &Writer::step);
    timer_.start(1);
  }

 private:
  /// Every tenth step a finished user message and a new streaming answer, in between more text.
  void step() {
    if (n_ % 10 == 0) {
      save(next(engine::Role::User, app::MessageStatus::Ok, "question question"));
      answer_ = next(engine::Role::Assistant, app::MessageStatus::Streaming, {});
    }
    answer_.content += "some more text ";
    save(answer_);
    ++n_;
  }
  app::MessageRecord next(engine::Role role, app::MessageStatus status, const QByteArray& content) {
    app::MessageRecord record;
    ++sequence_;
    record.id = app::MessageId{1000 + sequence_};
    record.parent = app::MessageId{sequence_ == 1 ? 0 : 999 + sequence_};
    record.conversation = conversation_.id;
    record.sequence = sequence_;
    record.role = role;
    record.status = status;
    record.content = content;
    return record;
  }
  void save(const app::MessageRecord& record) {
    sizes_.insert(record.id.value, record.content.size());
    store_.saveMessage(record);
  }

  app::ConversationStore store_;
  app::ConversationRecord conversation_;
  app::MessageRecord answer_;
  QHash<std::int64_t, qsizetype> sizes_;
  std::int64_t sequence_ = 0;
  int n_ = 0;
  QTimer timer_;
};

}  // namespace

int main(int argc, char** argv) {
  QCoreApplication application(argc, argv);
  if (argc < 2) return 2;
  Writer writer(QString::fromLocal8Bit(argv[1]));
  return application.exec();
}
